"""Made-up rows of a directory, and files of them."""

import csv
from pathlib import Path

HEADER = "name1,name2,street1,street2,city,state,zip,phone,intake1,intake2,intake1a,intake2a,service_code_info".split(
    ","
)
IOP = "SA SUMH * OP OIT ORT * BU NU * PMAT * CBT MOTI TELE * PVTN * CARF * MD PI SF * SS * WN VET * SMON * ADLT * FEM MALE * SP"
OUTPATIENT = "SA * OP ORT * CBT * PVTP * PI"
MENTAL_HEALTH = "MH SUMH * OP * CBT DBT EMDR * PVTN * MD PI * PTSD SMI * ADLT"


def row(name: str = "Riverside Recovery", **cells: str) -> dict[str, str]:
    return {
        **dict.fromkeys(HEADER, ""),
        "name1": name,
        "street1": "100 N Broadway",
        "city": "Milwaukee",
        "state": "WI",
        "zip": "53202",
        "phone": "414-555-0142",
        "service_code_info": IOP,
        **cells,
    }


def write(path: Path, *rows: dict[str, str], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    columns = list(dict.fromkeys(column for each in rows for column in each)) or HEADER
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path
