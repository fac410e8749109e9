"""What probes and monitors outside ask of a worker: alive, ready, metrics."""

import asyncio
from dataclasses import dataclass

from channels.layers import get_channel_layer
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from health_check.base import HealthCheck
from health_check.checks import Database
from health_check.exceptions import ServiceUnavailable
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError


@dataclass
class ChannelLayer(HealthCheck):
    """Whether the channel layer takes a message."""

    async def run(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            raise ServiceUnavailable("There is no channel layer")
        try:
            await layer.group_send("health", {"type": "health.probe"})
        except (OSError, RedisError) as error:
            raise ServiceUnavailable("The channel layer is unreachable") from error


@never_cache
async def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the worker answers at all."""
    return JsonResponse({"status": "alive"})


@never_cache
async def ready(request: HttpRequest) -> HttpResponse:
    """200 when a call would work as far as our own services go, else 503 and what is missing."""
    results = await asyncio.gather(*(check.get_result() for check in (Database(), ChannelLayer())))
    found = {
        type(result.check).__name__: str(result.error) if result.error else "OK"
        for result in results
    }
    return JsonResponse(found, status=503 if any(result.error for result in results) else 200)


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text format."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
