"""When people of the demo talk: more each month, less at night, at weekends and on holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

DAYS = 365
#: Monday to Sunday.
WEEKDAYS = (1.0, 1.08, 1.05, 1.0, 0.85, 0.5, 0.45)
#: From midnight, UTC.
HOURS = (1, 1, 0.5, 0.5, 0.5, 1, 3, 6, 10, 13, 14, 12, 9, 11, 12, 12, 11, 10, 10, 11, 10, 8, 5, 2)
#: Month and day on which hardly anybody calls.
HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}


def start_times(count: int, now: datetime, rng: Random) -> list[float]:
    """So many moments of the year before `now` as epoch seconds, in order."""
    hours = [
        (now - timedelta(hours=ago)).replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
        for ago in range(1, DAYS * 24)
    ]
    weights = [weight_of(hour, (now - hour) / timedelta(days=DAYS)) for hour in hours]
    drawn = rng.choices(hours, cum_weights=list(accumulate(weights)), k=count)
    latest = now.timestamp()
    return sorted(min(hour.timestamp() + 3600 * rng.random(), latest) for hour in drawn)


def weight_of(hour: datetime, age: float) -> float:
    """How many calls begin in that hour, beside others; `age` is 0 today and 1 a year ago."""
    quiet = 0.2 if (hour.month, hour.day) in HOLIDAYS else 1.0
    return (1.5 - age) * quiet * WEEKDAYS[hour.weekday()] * HOURS[hour.hour]
