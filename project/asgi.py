"""The ASGI application that a worker serves: pages over HTTP, calls over WebSocket."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
http_application = get_asgi_application()

# Imports models, so Django must be set up by then.
from chatbot.routing import websocket_urlpatterns  # noqa: E402
from project.closing import allow_every_code  # noqa: E402
from project.downloads import mind_readers  # noqa: E402
from project.line import offer_lines  # noqa: E402
from project.loop import use_uvloop  # noqa: E402
from project.oversized import refuse_oversized  # noqa: E402
from project.sending import send_at_once  # noqa: E402

allow_every_code()
refuse_oversized()
send_at_once()
offer_lines()
mind_readers()
use_uvloop()

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
    }
)
