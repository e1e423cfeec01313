"""Does the time of a refusal tell whether somebody works here? Medians of many tries, taken in turn."""

import statistics
import time

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.timeout(600)]

TRIES = 150
GOAL_MS = 5.0


def test_a_refusal_takes_as_long_for_a_stranger(staff, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
    invited = staff("agent")
    invited.set_unusable_password()
    invited.save()
    kinds = {"colleague": staff("agent").email, "invited": invited.email, "stranger": "nobody@helpline.example"}
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    client = Client()
    for number in range(TRIES):
        for kind, email in kinds.items():
            typed = {"login": email, "password": f"not the one {number}"}
            began = time.process_time()
            client.post(reverse("account_login"), typed, REMOTE_ADDR=f"10.{number % 250}.{len(kind)}.{number // 250}")
            took[kind].append(1000 * (time.process_time() - began))
    median = {kind: statistics.median(times) for kind, times in took.items()}
    print("  refusal, ms of our own CPU time: " + ", ".join(f"{k} {v:.1f}" for k, v in median.items()))  # noqa: T201
    assert max(median.values()) - min(median.values()) < GOAL_MS
