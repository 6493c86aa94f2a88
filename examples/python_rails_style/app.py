"""Squadron: a team's directory and notice board.

Start reading here; `README.md` says what is where. To run it:

    python app.py                     # http://127.0.0.1:8888/
    PORT=9000 DEBUG=1 python app.py   # another port; reload on every change
"""

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from controllers.base import NotFoundHandler
from controllers.legacy import EchoHandler, HealthHandler
from controllers.main import MainHandler
from controllers.notes import NotesController
from controllers.user import UserHandler
from models import NotThereError, Store
from routes import routes
from tornado.httpserver import HTTPServer
from tornado.log import enable_pretty_logging
from tornado.netutil import bind_sockets

from tornado_rails import RailsApplication

FOLDER = Path(__file__).resolve().parent

HANDLERS = [
    # As in any Tornado application: the HTTP verb's method runs (get, post, open). The layer leaves these alone.
    (r"/health", HealthHandler),
    (r"/echo", EchoHandler),
    # "action" names the method that runs instead. The fourth element is the route's name: paths.login() is its URL.
    # "methods" narrows it: what is not listed is answered with 405, and never reaches the handler.
    (r"/user/login", UserHandler, {"action": "login", "methods": ("GET", "POST")}, "login"),
    # "param_keys" name the groups: /main/index/1/TheViper has params {"id": "1", "name": "TheViper"}.
    (r"/main/index/(\d+)/([^/]+)", MainHandler, {"action": "index", "param_keys": ("id", "name")}, "person"),
]


def make_app(**settings: Any) -> RailsApplication:
    """The application: a new one, with a store of its own, at each call (so tests never meet)."""
    return RailsApplication(
        HANDLERS,
        # Drawn in Rails' language: see routes.py.
        routes=routes,
        # This class has no routes at all. They follow from its methods: see controllers/notes.py.
        controllers=[NotesController],
        # From here on: Tornado's settings, but for trailing_slash and error_statuses.
        **{
            "store": Store.demo(),
            "template_path": FOLDER / "views",
            "static_path": FOLDER / "static",
            "default_handler_class": NotFoundHandler,
            "default_handler_args": {"status_code": 404},
            "login_url": "/user/login",
            # It signs the cookie that says who you are. Unset, it is new at each start, and everyone is signed out by
            # a restart; with several processes all must be given the same one.
            "cookie_secret": os.environ.get("COOKIE_SECRET") or secrets.token_hex(32),
            # A form of another site cannot post here: it does not know the token that our forms hold.
            "xsrf_cookies": True,
            "xsrf_cookie_kwargs": {"httponly": True, "samesite": "Lax"},
            # /notes/ is sent on to /notes.
            "trailing_slash": "redirect",
            # Who asks for what is not there is at fault, not we: a 404, for an exception that knows nothing of HTTP.
            "error_statuses": {NotThereError: 404},
            **settings,
        },
    )


async def serve(port: int, address: str) -> None:
    """Serves until SIGINT (Ctrl-C) or SIGTERM, then lets go of the port and the connections."""
    try:
        sockets = bind_sockets(port, address)
    except OSError as error:
        sys.exit(f"cannot listen on {address or '*'}:{port}: {error.strerror}. For another port: PORT=8889")
    server = HTTPServer(make_app(debug=bool(os.environ.get("DEBUG"))))
    server.add_sockets(sockets)

    port = sockets[0].getsockname()[1]  # PORT=0 lets the system choose
    host = "localhost" if address in ("", "0.0.0.0", "::") else f"[{address}]" if ":" in address else address
    print(f"Squadron is on http://{host}:{port}/ (Ctrl-C stops it). Try:")
    for path, what in {
        "/main/index/1/TheViper": "a tuple with param_keys, and its params",
        "/user/login": "a tuple with an action; sign in as TheViper, password top-gun",
        "/notes": "a controller without any routes",
        "/people/1": "a drawn route that redirects to another",
        "/clock": "events, one each second",
        "/health": "a Tornado handler, untouched",
        "/static/logo.png": "a static file",
    }.items():
        print(f"  http://{host}:{port}{path:24}  {what}", flush=True)

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.stop()
    await server.close_all_connections()
    print("Squadron has stopped.", flush=True)


def main() -> None:
    """Reads the environment (PORT, ADDRESS) and serves."""
    enable_pretty_logging()
    port, address = os.environ.get("PORT") or "8888", os.environ.get("ADDRESS", "127.0.0.1")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        sys.exit(f"PORT={port!r} is no port number (0 to 65535)")
    asyncio.run(serve(int(port), address))


if __name__ == "__main__":
    main()
