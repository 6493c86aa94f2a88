"""From a route to a response."""

from tornado_rails.controller.base import Controller as Controller
from tornado_rails.controller.callbacks import after_action as after_action
from tornado_rails.controller.callbacks import around_action as around_action
from tornado_rails.controller.callbacks import before_action as before_action
from tornado_rails.controller.callbacks import skip_after_action as skip_after_action
from tornado_rails.controller.callbacks import skip_around_action as skip_around_action
from tornado_rails.controller.callbacks import skip_before_action as skip_before_action
from tornado_rails.controller.rescue import rescue_from as rescue_from
