"""Signing in and out. That its methods run is said by a tuple in app.py, and a line in routes.py."""

from tornado.ioloop import IOLoop

from controllers.base import ApplicationController


class UserHandler(ApplicationController):
    """Actions for /user/login and /user/logout."""

    async def login(self) -> None:
        """GET (and HEAD) shows the form, POST takes it. An action runs for every method that its route has."""
        self.name, self.problem = "", ""
        if self.request.method != "POST":
            return  # nothing is written: views/user/login.html is the response
        self.name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        # Hashing takes a while, and nobody else would be served meanwhile; hence in a thread.
        person = await IOLoop.current().run_in_executor(None, self.store.check_password, self.name, password)
        if person is None:
            self.problem = "No such name and password."
            self.set_status(403)
            return  # the form again
        # Behind HTTPS add secure=True. (From Tornado 6.3 on this is also called set_signed_cookie.)
        self.set_secure_cookie("person", person.id, expires_days=7, httponly=True, samesite="Lax")
        # Always here, not to the ?next= in the query. (redirect_to would refuse another site's address.)
        self.redirect_to(self.url_for("notes#index"))

    def logout(self) -> None:
        """Takes POST only: a link or an image on another site shall not sign anyone out."""
        self.clear_cookie("person")
        self.redirect_to(self.paths.home())
