"""The routes that are drawn, in Rails' language. See docs/routing.md at the top of the repository.

Prefix Verb URI Pattern                Controller#Action
  home GET  /                          main#home
       GET  /people/:id                main#find
       GET  /clock                     main#clock
logout POST /user/logout               user#logout
"""

import re
from typing import Any

from controllers.main import MainHandler
from controllers.user import UserHandler

from tornado_rails.routing.redirects import redirect

NUMBER = re.compile(r"\d+")


def routes(map: Any) -> None:
    """Draws them. The target is a class and a method's name, so no other method of the class has a route."""
    with map.scope(format=False):  # no page has a second address with .html behind it
        map.root((MainHandler, "home"), as_="home")
        map.get("people/:id", to=(MainHandler, "find"), id=NUMBER)
        map.get("clock", to=(MainHandler, "clock"))
        # POST alone: what is not drawn is answered with 405, and never reaches the handler.
        map.post("user/logout", to=(UserHandler, "logout"), as_="logout")
        map.get("home", to=redirect("/"), as_=None)
