"""From a request to a route."""
