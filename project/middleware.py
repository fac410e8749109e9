"""Response headers that no library of ours sets."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

POLICY = "microphone=(self), camera=(), geolocation=(), display-capture=()"


class PermissionsPolicy(MiddlewareMixin):
    """Lets our own pages, and no frame within them, use the microphone."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers["Permissions-Policy"] = POLICY
        return response
