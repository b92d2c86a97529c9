"""The gateway over HTTP. `gateway.web.app.create_app` makes it, `gateway.web.server.WebServer` serves it.

Flask is imported by `app` alone, so that commands that serve nothing don't pay for it.
"""
