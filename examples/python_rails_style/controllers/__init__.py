"""The handlers: `legacy` as Tornado has them; `user` and `main`, with routes; `notes`, which needs none."""
