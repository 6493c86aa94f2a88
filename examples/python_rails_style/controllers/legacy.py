"""Two handlers as they were before the layer came. They import nothing of it, and run as on Tornado alone."""

from typing import Any

from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler


class HealthHandler(RequestHandler):
    """For whoever watches the server. Tornado runs the method that is named as the HTTP verb is."""

    def get(self) -> None:
        self.write({"status": "ok", "notes": len(self.settings["store"].notes)})


class EchoHandler(WebSocketHandler):
    """The radio check on the home page: sends back what it is sent."""

    def on_message(self, message: str | bytes) -> Any:
        return self.write_message(message)
