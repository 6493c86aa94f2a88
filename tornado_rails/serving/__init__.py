"""From a socket to the application: ASGI servers, start and stop. Knows Tornado only."""
