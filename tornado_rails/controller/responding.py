"""One action, several formats: ``self.respond_to("html", "json")``."""

from __future__ import annotations

from typing import Any

from tornado_rails.controller.dispatch import ActionMixin
from tornado_rails.controller.negotiation import content_type_of, negotiate
from tornado_rails.errors import NotAcceptableError

_ANY = "any"


class RespondingMixin(ActionMixin):
    """Adds ``respond_to``."""

    _tornado_rails_format: str | None = None  # the format that was chosen

    def respond_to(self, *formats: str, **answers: Any) -> Any:
        """Chooses a format by the path's suffix or ``Accept``, and sets the response's content type.

        With names, the chosen one is returned; with answers, the chosen one's, which is called if it can be::

            return self.respond_to(html=None, json=lambda: self.post.as_dict(), csv=self.as_csv)

            if self.respond_to("html", "json") == "json":
                return {"id": 1}

        None means the action's view in that format. What is named first is taken where the client likes all alike. A
        client that likes none gets 406, with the list of what there is; or "any", if that is there, which is the
        answer for all other formats, and has the content type that it sets itself.
        """
        offered = tuple(name for name in (*formats, *answers) if name != _ANY)
        has_any = _ANY in formats or _ANY in answers
        if not offered and not has_any:
            raise TypeError("respond_to() needs a format")
        try:
            chosen = negotiate(self, offered)
        except NotAcceptableError:
            if not has_any:
                raise
            chosen = _ANY
        else:
            self._tornado_rails_format = chosen
            self.set_header("Content-Type", content_type_of(self, chosen))
        if chosen not in answers:
            return chosen if not answers else None
        answer = answers[chosen]
        return answer() if callable(answer) else answer
