"""From a route to a response."""
