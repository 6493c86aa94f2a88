"""The handlers, from what Tornado has to what the layer adds: `legacy`, `user` and `main`, `notes`."""
