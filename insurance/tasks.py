"""Doorbells: each takes one id, or none, and only calls on."""

from celery import shared_task

from insurance import bell, verification


@shared_task(name=bell.VERIFY, ignore_result=True)
def verify(pk: int) -> None:
    if verification.run(pk):
        verification.help_out()


@shared_task(name=bell.DRAIN, ignore_result=True)
def drain() -> None:
    verification.drain()
