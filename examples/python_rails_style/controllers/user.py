"""Signing in and out. That its methods run is said by a tuple in app.py, and a line in routes.py."""

from tornado.ioloop import IOLoop

from controllers.base import PageHandler


class UserHandler(PageHandler):
    """Actions for /user/login and /user/logout."""

    async def login(self) -> None:
        """GET (and HEAD) shows the form, POST takes it. An action runs for every method that its route has."""
        if self.request.method != "POST":
            self.render("user/login.html", name="", problem="")
            return
        name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        # Hashing takes a while, and nobody else would be served meanwhile; hence in a thread.
        person = await IOLoop.current().run_in_executor(None, self.store.check_password, name, password)
        if person is None:
            self.set_status(403)
            self.render("user/login.html", name=name, problem="No such name and password.")
            return
        # Behind HTTPS add secure=True. (From Tornado 6.3 on this is also called set_signed_cookie.)
        self.set_secure_cookie("person", person.id, expires_days=7, httponly=True, samesite="Lax")
        # Always here, not to the ?next= that @authenticated puts into the query: that may be any site's address.
        self.redirect(self.url_for("notes#index"))

    def logout(self) -> None:
        """Takes POST only: a link or an image on another site shall not sign anyone out."""
        self.clear_cookie("person")
        self.redirect(self.paths.home())
