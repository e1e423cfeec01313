from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class InsuranceConfig(AppConfig):
    name = "insurance"

    def ready(self) -> None:
        from celery.signals import worker_init

        from accounts.signals import access_changed
        from insurance import desk, keychecks

        register(keychecks.keys_are_set, Tags.security)
        register(keychecks.keys_open_the_data, Tags.database)
        post_migrate.connect(keychecks.write_sentinel, sender=self, dispatch_uid="insurance-key-check")
        worker_init.connect(keychecks.worker_needs_keys, dispatch_uid="insurance-key-check", weak=False)
        access_changed.connect(desk.access_changed, dispatch_uid="insurance-left-the-desk")
