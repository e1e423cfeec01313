"""The least any design could do for one verification: a Celery message, an exchange with the payer, three commits."""

from celery import shared_task
from django.conf import settings
from django.db import connection

from insurance import verification
from insurance.gateways.egress import send

QUESTION = (
    "ISA*00*          *00*          *ZZ*IOPFINDER      *ZZ*PAYERSIM       *260301*0900*^*00501*000000001*0*T*:~"
    "GS*HS*IOPFINDER*PAYERSIM*20260301*0900*1*X*005010X279A1~ST*270*0001*005010X279A1~"
    "BHT*0022*13*FLOOR{n}*20260301*0900~HL*1**20*1~NM1*PR*2*SAMPLE PAYER*****PI*00001~HL*2*1*21*1~"
    "NM1*1P*2*THIRD WARD*****XX*1234567893~HL*3*2*22*0~TRN*1*FLOOR{n}*9IOPFINDER~"
    "NM1*IL*1*EXAMPLE*JORDAN****MI*SIMPPO001X{n}~DMG*D8*19900412~EQ*CH~SE*12*0001~GE*1*1~IEA*1*000000001~"
)


@shared_task(name="benchmark.one_each", ignore_result=True)
def one_each(pk: int) -> None:
    """A message that takes its own row and no other."""
    verification.run(pk)


@shared_task(name="benchmark.floor", ignore_result=True)
def floor(number: int) -> None:
    headers = {"Content-Type": "application/edi-x12"}
    body = QUESTION.replace("{n}", str(number)).encode()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO benchmark_floor VALUES (%s, 'queued', '')", [number])
        cursor.execute("UPDATE benchmark_floor SET state = 'sending' WHERE id = %s", [number])
        answer = send("POST", settings.PAYERSIM_URL, headers=headers, content=body, total_seconds=10)
        cursor.execute(
            "UPDATE benchmark_floor SET state = 'done', answer = %s WHERE id = %s", [answer.body.decode(), number]
        )
