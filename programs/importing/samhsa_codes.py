"""The code key of SAMHSA's National Directories, 2022 and 2023: which survey asks what, by category.

Published by SAMHSA (a U.S. Government work). The two directories share code letters but not
questions: `HI` or `PAY` exist in both, `OIT` (intensive outpatient) only for substance use.
What is not in this key was not asked, so its absence from a row says nothing.
"""

from functools import cache
from typing import Final, Literal

Side = Literal["su", "mh"]

KEY_YEAR: Final = 2023  # the newest year this key was taken from
CODE_KEY: Final[dict[Side, dict[str, str]]] = {
    "su": {
        "TC": "SA DT HH SUMH",  # Type of Care
        "SET": "HI OP RES HID HIT OD ODT OIT OMB ORT RD RL RS",  # Service Setting
        "HOSP": "GH PSYH",  # Hospitals
        "OM": "MU BU NU",  # Opioid Medications used in Treatment
        "OMSC": "INPE RPE PC",  # External Opioid Medications Source
        "AUT": "NAUT NMAUT ACMA PMAT",  # Type of Alcohol Use Disorder Treatment
        "SMAT": "AUINPE AURPE AUPC",  # External Source of Medications Used for Alcohol Use Disorder Treatment
        "OT": "DB BUM BMW OTP DM MM MMW UB UN RPN PAIN MOA NMOA ULC NOOP DLC MWS",  # Type of Opioid Treatment
        "PHR": "ACM DSF METH BSDM BWN BWON BERI NXN VTRL MHIV MHCV LFXD CLND MPEP MMD NRT NSC",  # Pharmacotherapies
        "TAP": "ANG BIA CBT CMI CRV MOTI MXM RELP SACA TRC TELE TWFA",  # Treatment Approaches
        "FOP": "LCCG DDF IH PVTP PVTN STG TBG VAMC FED",  # Facility Operation
        "LCA": "STAG STMH STDH CARF COA HFAP HLA JC NCQA FQHC SOTP DEA",  # License/Certification/Accreditation
        "PAY": "FSA ITU MC MD MI NP PI SF SI SAMF",  # Payment/Insurance/Funding Accepted
        "PYAS": "PA SS",  # Payment Assistance Available
        "SG": "AD TAY WN PW MN SE GL VET ADM MF CJ CO COPSU HV XA DV TRMA",  # Special Programs/Groups Offered
        "ASPT": "CMHA CSAA ISC OPC MHPA STU SSA SMHD PIEC",  # Assessment/Pre-treatment
        "SCR": "BABA DAOF DAUT HIVT STDT TBS MST HBT HCT",  # Testing
        "TRSRV": "ACC DP NOE OFD",  # Transitional Services
        "RSS": "SHG HS AOSS RC PEER EMP",  # Recovery Support Services
        "OTHR": "TGD TOD",  # Other Services
        "DETOX": "ADTX BDTX CDTX MDTX ODTX MDET",  # Detoxification
        "ECS": "HAEC TAEC HEOH SAE TCC ICO GCO FCO MCO VOC",  # Education and Counseling Services
        "MSRV": "HAV HBV",  # Medical Services
        "SMP": "SMON SMOP SMPD",  # Facility Smoking Policy
        "AGE": "ADLT CHLD SNR YAD",  # Age Groups Accepted
        "GN": "FEM MALE",  # Gender Accepted
        "EXCL": "DU DUO AUDO OUDO",  # Exclusive Services
        "SL": "SP AH NX FX",  # Language Services
        "OL": "F4 F17 F19 F25 F28 F30 F31 F35 F36 F37 F42 F43 F47 F66 F67 F70 F81 F92 N24 N40",  # Other Languages
        "FVP": "VAPN VAPP VPPD",  # Facility Vaping Policy
        "AS": "ACU BC CM CCC DVFP EIH MHS SSD TA IPC SPS",  # Ancillary Services
    },
    "mh": {
        "TC": "SA SUMH MH",  # Type of Care
        "SET": "HI OP RES PHDT",  # Service Setting
        "PHR": "NRT NSC CHLOR DROPE FLUPH HALOP LOXAP PERPH PIMOZ PROCH THIOT THIOR TRIFL ARIPI ASENA BREXP CARIP CLOZA ILOPE LURAS OLANZ OLANZF PALIP QUETI RISPE ZIPRA ANTPYCH",  # Pharmacotherapies
        "TAP": "CBT TELE AT CRT CFT DBT ECT EMDR GT IDD IPT KIT TMS AIM",  # Treatment Approaches
        "FOP": "LCCG DDF IH PVTP PVTN STG TBG VAMC FED",  # Facility Operation
        "LCA": "FQHC MHC",  # License/Certification/Accreditation
        "PAY": "ITU MC MD MI PI SF SI CLF CMHG CSBG FG OSF PCF SCJJ SEF SMHA SWFS VAF",  # Payment/Insurance/Funding Accepted
        "PYAS": "PA SS",  # Payment Assistance Available
        "SG": "TAY SE GL VET ADM MF CJ CO HV DV TRMA TBI ALZ PED PEFP PTSD SED SMI",  # Special Programs/Groups Offered
        "ASPT": "STU",  # Assessment/Pre-treatment
        "SCR": "HIVT STDT TBS MST HBT HCT LABT",  # Testing
        "RSS": "HS PEER",  # Recovery Support Services
        "ECS": "TCC",  # Education and Counseling Services
        "SMP": "SMON SMOP SMPD",  # Facility Smoking Policy
        "AGE": "ADLT CHLD SNR YAD",  # Age Groups Accepted
        "SL": "SP AH NX FX",  # Language Services
        "OL": "F4 F17 F19 F25 F28 F30 F31 F35 F36 F37 F42 F43 F47 F66 F67 F70 F81 F92 N24 N40",  # Other Languages
        "FVP": "VAPN VAPP VPPD",  # Facility Vaping Policy
        "AS": "CM IPC SPS ACT AOT CDM COOT DEC FPSY ICM IMR LAD PRS SEMP SH TPC VRS ES",  # Ancillary Services
        "FT": "CMHC CBHC MSMH OMH ORES PH PSY RTCA RTCC IPSY SHP VAHC",  # Facility Type
        "EMS": "CIT PEON PEOFF WI",  # Emergency Mental Health Services
    },
}

# A code whose meaning is a no, and the values ("facet:value") it says no to, whatever else the row says.
DENIALS: Final[dict[str, tuple[str, ...]]] = {
    "su/AUT/NAUT": ("condition:alcohol-use", "service:medication-alcohol-use"),
    "su/AUT/NMAUT": ("service:medication-alcohol-use",),
    "su/OT/NOOP": ("condition:opioid-use", "service:medication-opioid-use"),
    "su/OT/NMOA": ("service:medication-opioid-use",),
}

# Codes that only one year's key has: they tell the year of a file that does not say it.
ONLY_IN_YEAR: Final[dict[str, int]] = {"DLC": 2023, "MWS": 2023, "BMW": 2022, "MMW": 2022, "ULC": 2022}


@cache
def categories(side: Side) -> dict[str, str]:
    """Every code of one directory with its category: {"MD": "PAY", …}."""
    return {code: category for category, codes in CODE_KEY[side].items() for code in codes.split()}
