"""Closed vocabularies of the directory, each value with the SAMHSA codes that say it.

A code is written `side/CATEGORY/CODE` ("su/PAY/MD": Medicaid, in the substance-use directory),
because bare codes collide: `MD` is Medicaid under `PAY`, `MC` is Medicare.
A value without codes is one that SAMHSA never asks: imported programs have not told us.
"""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class Vocabulary(models.TextChoices):
    """A closed list of slugs with labels; `samhsa` holds the federal directory's codes."""

    samhsa: tuple[str, ...]

    def __new__(cls, value: str, *codes: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.samhsa = codes
        return member


class Condition(Vocabulary):
    """What a program treats."""

    SUBSTANCE_USE = (
        "substance-use",
        "su/TC/SA",
        "mh/TC/SA",
        _("Drug or alcohol use (any)"),
    )
    ALCOHOL_USE = (
        "alcohol-use",
        "su/AUT/NMAUT",
        "su/AUT/ACMA",
        "su/AUT/PMAT",
        "su/EXCL/AUDO",
        _("Alcohol use disorder"),
    )
    OPIOID_USE = (
        "opioid-use",
        *(f"su/OT/{code}" for code in "DB BUM BMW OTP DM MM MMW UB UN RPN MOA NMOA ULC DLC MWS".split()),
        "su/EXCL/OUDO",
        _("Opioid use disorder"),
    )
    STIMULANT_USE = "stimulant-use", _("Cocaine or methamphetamine use")
    CANNABIS_USE = "cannabis-use", _("Cannabis use")
    MENTAL_HEALTH = "mental-health", "mh/TC/MH", _("Mental health (any)")
    CO_OCCURRING = (
        "co-occurring",
        "su/TC/SUMH",
        "mh/TC/SUMH",
        "su/SG/CO",
        "mh/SG/CO",
        _("Substance use and mental health together"),
    )
    DEPRESSION = "depression", _("Depression")
    ANXIETY = "anxiety", _("Anxiety")
    PTSD = "ptsd", "mh/SG/PTSD", _("Post-traumatic stress (PTSD)")
    TRAUMA = "trauma", "su/SG/TRMA", "mh/SG/TRMA", _("Trauma")
    BIPOLAR = "bipolar", _("Bipolar disorder")
    BORDERLINE_PERSONALITY = (
        "borderline-personality",
        _("Borderline personality disorder"),
    )
    EATING_DISORDER = "eating-disorder", "mh/SG/PED", _("Eating disorders")
    OCD = "ocd", _("Obsessive-compulsive disorder (OCD)")
    FIRST_PSYCHOSIS = "first-psychosis", "mh/SG/PEFP", _("First episode of psychosis")
    SERIOUS_MENTAL_ILLNESS = (
        "serious-mental-illness",
        "mh/SG/SMI",
        _("Serious mental illness"),
    )
    SERIOUS_EMOTIONAL_DISTURBANCE = (
        "serious-emotional-disturbance",
        "mh/SG/SED",
        _("Serious emotional disturbance (under 18)"),
    )
    CHRONIC_PAIN = "chronic-pain", "su/SG/COPSU", _("Pain together with substance use")
    GAMBLING = "gambling", "su/OTHR/TGD", _("Gambling")
    OTHER_ADDICTION = "other-addiction", "su/OTHR/TOD", _("Other addictions")


class Therapy(Vocabulary):
    """How a program treats: approaches and kinds of sessions."""

    GROUP = "group", "su/ECS/GCO", "mh/TAP/GT", _("Group therapy")
    INDIVIDUAL = "individual", "su/ECS/ICO", "mh/TAP/IPT", _("Individual therapy")
    FAMILY = "family", "su/ECS/FCO", "mh/TAP/CFT", _("Family therapy")
    COUPLES = "couples", "su/ECS/MCO", _("Couples counseling")
    CBT = "cbt", "su/TAP/CBT", "mh/TAP/CBT", _("Cognitive behavioral therapy (CBT)")
    DBT = "dbt", "su/TAP/DBT", "mh/TAP/DBT", _("Dialectical behavior therapy (DBT)")
    MOTIVATIONAL_INTERVIEWING = (
        "motivational-interviewing",
        "su/TAP/MOTI",
        _("Motivational interviewing"),
    )
    TWELVE_STEP = "twelve-step", "su/TAP/TWFA", _("12-step facilitation")
    CONTINGENCY_MANAGEMENT = (
        "contingency-management",
        "su/TAP/CMI",
        _("Rewards for progress (contingency management)"),
    )
    COMMUNITY_REINFORCEMENT = (
        "community-reinforcement",
        "su/TAP/CRV",
        _("Community reinforcement with vouchers"),
    )
    MATRIX_MODEL = "matrix-model", "su/TAP/MXM", "su/TAP/MX", _("Matrix Model")
    RELAPSE_PREVENTION = "relapse-prevention", "su/TAP/RELP", _("Relapse prevention")
    SUBSTANCE_USE_COUNSELING = (
        "substance-use-counseling",
        "su/TAP/SACA",
        _("Substance use counseling"),
    )
    BRIEF_INTERVENTION = "brief-intervention", "su/TAP/BIA", _("Brief intervention")
    ANGER_MANAGEMENT = "anger-management", "su/TAP/ANG", _("Anger management")
    TRAUMA_COUNSELING = "trauma-counseling", "su/TAP/TRC", _("Trauma counseling")
    EMDR = "emdr", "mh/TAP/EMDR", _("EMDR")
    PROLONGED_EXPOSURE = "prolonged-exposure", _("Prolonged exposure")
    EXPOSURE_RESPONSE_PREVENTION = (
        "exposure-response-prevention",
        _("Exposure and response prevention"),
    )
    ACT = "act", _("Acceptance and commitment therapy (ACT)")
    ACTIVITY = "activity", "mh/TAP/AT", _("Art, music or activity therapy")
    COGNITIVE_REMEDIATION = (
        "cognitive-remediation",
        "mh/TAP/CRT",
        _("Cognitive remediation"),
    )
    INTEGRATED_DUAL = (
        "integrated-dual",
        "mh/TAP/IDD",
        _("Mental health and substance use treated by one team"),
    )
    TMS = "tms", "mh/TAP/TMS", _("Transcranial magnetic stimulation (TMS)")
    ECT = "ect", "mh/TAP/ECT", _("Electroconvulsive therapy (ECT)")
    KETAMINE = "ketamine", "mh/TAP/KIT", _("Ketamine infusion")


class Population(Vocabulary):
    """Whom a program has a special track or group for."""

    ADOLESCENTS = "adolescents", "su/SG/AD", _("Adolescents")
    YOUNG_ADULTS = "young-adults", "su/SG/TAY", "mh/SG/TAY", _("Young adults")
    WOMEN = "women", "su/SG/WN", _("Women")
    MEN = "men", "su/SG/MN", _("Men")
    PREGNANT = "pregnant", "su/SG/PW", _("Pregnant or new mothers")
    SENIORS = "seniors", "su/SG/SE", "mh/SG/SE", _("Older adults")
    LGBTQ = "lgbtq", "su/SG/GL", "mh/SG/GL", _("LGBTQ+ people")
    VETERANS = "veterans", "su/SG/VET", "mh/SG/VET", _("Veterans")
    ACTIVE_DUTY = "active-duty", "su/SG/ADM", "mh/SG/ADM", _("Active-duty military")
    MILITARY_FAMILIES = (
        "military-families",
        "su/SG/MF",
        "mh/SG/MF",
        _("Military families"),
    )
    JUSTICE_INVOLVED = (
        "justice-involved",
        "su/SG/CJ",
        "mh/SG/CJ",
        _("People with court or legal involvement"),
    )
    DUI = "dui", "su/EXCL/DU", "su/EXCL/DUO", _("People with a DUI or DWI")
    HIV = "hiv", "su/SG/HV", "mh/SG/HV", _("People living with HIV")
    SEXUAL_ABUSE = "sexual-abuse", "su/SG/XA", _("Survivors of sexual abuse")
    PARTNER_VIOLENCE = (
        "partner-violence",
        "su/SG/DV",
        "mh/SG/DV",
        _("Survivors of partner violence"),
    )
    BRAIN_INJURY = "brain-injury", "mh/SG/TBI", _("People with a brain injury")
    DEMENTIA = "dementia", "mh/SG/ALZ", _("People with dementia")
    FIRST_RESPONDERS = "first-responders", _("First responders")
    COLLEGE = "college", _("College students")
    PROFESSIONALS = "professionals", _("Working professionals")


class AgeGroup(Vocabulary):
    """Which ages a program accepts."""

    CHILDREN = "children", "su/AGE/CHLD", "mh/AGE/CHLD", _("Children and teens")
    YOUNG_ADULTS = "young-adults", "su/AGE/YAD", "mh/AGE/YAD", _("Young adults (18–25)")
    ADULTS = "adults", "su/AGE/ADLT", "mh/AGE/ADLT", _("Adults (26–64)")
    SENIORS = "seniors", "su/AGE/SNR", "mh/AGE/SNR", _("Older adults (65+)")


class Gender(Vocabulary):
    """Whom a program accepts by gender."""

    FEMALE = "female", "su/GN/FEM", _("Women and girls")
    MALE = "male", "su/GN/MALE", _("Men and boys")


class Language(Vocabulary):
    """Languages in which treatment is given, by staff or an interpreter."""

    ENGLISH = "english", _("English")
    SPANISH = "spanish", "su/SL/SP", "mh/SL/SP", _("Spanish")
    SIGN_LANGUAGE = "sign-language", "su/SL/AH", "mh/SL/AH", _("Sign language")
    ARABIC = "arabic", "su/OL/F4", "mh/OL/F4", _("Arabic")
    CHINESE = "chinese", "su/OL/F17", "mh/OL/F17", _("Chinese")
    CREOLE = "creole", "su/OL/F19", "mh/OL/F19", _("Creole")
    FARSI = "farsi", "su/OL/F25", "mh/OL/F25", _("Farsi")
    FRENCH = "french", "su/OL/F28", "mh/OL/F28", _("French")
    GERMAN = "german", "su/OL/F30", "mh/OL/F30", _("German")
    GREEK = "greek", "su/OL/F31", "mh/OL/F31", _("Greek")
    HEBREW = "hebrew", "su/OL/F35", "mh/OL/F35", _("Hebrew")
    HINDI = "hindi", "su/OL/F36", "mh/OL/F36", _("Hindi")
    HMONG = "hmong", "su/OL/F37", "mh/OL/F37", _("Hmong")
    ITALIAN = "italian", "su/OL/F42", "mh/OL/F42", _("Italian")
    JAPANESE = "japanese", "su/OL/F43", "mh/OL/F43", _("Japanese")
    KOREAN = "korean", "su/OL/F47", "mh/OL/F47", _("Korean")
    POLISH = "polish", "su/OL/F66", "mh/OL/F66", _("Polish")
    PORTUGUESE = "portuguese", "su/OL/F67", "mh/OL/F67", _("Portuguese")
    RUSSIAN = "russian", "su/OL/F70", "mh/OL/F70", _("Russian")
    TAGALOG = "tagalog", "su/OL/F81", "mh/OL/F81", _("Tagalog")
    VIETNAMESE = "vietnamese", "su/OL/F92", "mh/OL/F92", _("Vietnamese")
    NATIVE_AMERICAN = (
        "native-american",
        "su/SL/NX",
        "mh/SL/NX",
        _("American Indian or Alaska Native languages"),
    )
    OJIBWA = "ojibwa", "su/OL/N24", "mh/OL/N24", _("Ojibwa")
    YUPIK = "yupik", "su/OL/N40", "mh/OL/N40", _("Yupik")
    OTHER = "other", "su/SL/FX", "mh/SL/FX", _("Another language")


class Service(Vocabulary):
    """What a program offers beside therapy: medications, practical help, aftercare."""

    MEDICATION_OPIOID = (
        "medication-opioid-use",
        *(
            "su/OM/MU",
            "su/OM/BU",
            "su/OM/NU",
            "su/OT/MM",
            "su/OT/BUM",
            "su/OT/UB",
            "su/OT/UN",
        ),
        _("Medication for opioid use"),
    )
    MEDICATION_ALCOHOL = (
        "medication-alcohol-use",
        "su/AUT/PMAT",
        _("Medication for alcohol use"),
    )
    ACCEPTS_MEDICATION = (
        "accepts-medication",
        "su/OT/MOA",
        "su/AUT/ACMA",
        _("Accepts people on medication prescribed elsewhere"),
    )
    MEDICATION_PSYCHIATRIC = (
        "medication-psychiatric",
        "su/PHR/MMD",
        "mh/PHR/ANTPYCH",
        _("Psychiatric medication"),
    )
    DETOX_OUTPATIENT = "outpatient-detox", "su/SET/OD", _("Outpatient detox")
    TELEHEALTH = "telehealth", "su/TAP/TELE", "mh/TAP/TELE", _("Telehealth sessions")
    CHILD_CARE = "child-care", "su/AS/CCC", _("Child care")
    TRANSPORTATION = "transportation", "su/AS/TA", _("Help with transportation")
    HOUSING = "housing", "su/RSS/HS", "mh/RSS/HS", "mh/AS/SH", _("Help with housing")
    EMPLOYMENT = "employment", "su/RSS/EMP", "mh/AS/SEMP", _("Help with work")
    EDUCATION = (
        "education",
        "su/ECS/VOC",
        "mh/AS/ES",
        "mh/AS/VRS",
        _("Schooling or job training"),
    )
    PEER_SUPPORT = "peer-support", "su/RSS/PEER", "mh/RSS/PEER", _("Peer support")
    RECOVERY_COACH = "recovery-coach", "su/RSS/RC", _("Recovery coach")
    SELF_HELP = "self-help-groups", "su/RSS/SHG", _("Self-help groups")
    SOCIAL_SERVICES = "social-services", "su/RSS/AOSS", _("Help with social services")
    CASE_MANAGEMENT = (
        "case-management",
        "su/AS/CM",
        "mh/AS/CM",
        "mh/AS/ICM",
        _("Case management"),
    )
    DOMESTIC_VIOLENCE = (
        "domestic-violence",
        "su/AS/DVFP",
        _("Domestic violence services"),
    )
    SUICIDE_PREVENTION = (
        "suicide-prevention",
        "su/AS/SPS",
        "mh/AS/SPS",
        _("Suicide prevention"),
    )
    PRIMARY_CARE = "primary-care", "su/AS/IPC", "mh/AS/IPC", _("Primary care")
    MENTAL_HEALTH_SERVICES = (
        "mental-health-services",
        "su/AS/MHS",
        _("Mental health services"),
    )
    SOCIAL_SKILLS = "social-skills", "su/AS/SSD", _("Social and life skills")
    ACUPUNCTURE = "acupuncture", "su/AS/ACU", _("Acupuncture")
    FAMILY_EDUCATION = "family-education", "mh/AS/FPSY", _("Family education")
    NUTRITION = "nutrition", "mh/AS/DEC", _("Diet and exercise counseling")
    TOBACCO = (
        "tobacco-cessation",
        "su/ECS/TCC",
        "mh/ECS/TCC",
        _("Help to stop smoking or vaping"),
    )
    NALOXONE = "naloxone", "su/TRSRV/NOE", _("Naloxone and overdose education")
    AFTERCARE = "aftercare", "su/TRSRV/ACC", _("Aftercare")
    DISCHARGE_PLANNING = "discharge-planning", "su/TRSRV/DP", _("Discharge planning")
    OUTCOME_FOLLOW_UP = (
        "outcome-follow-up",
        "su/TRSRV/OFD",
        _("Follow-up after the program"),
    )
    DRUG_TESTING = (
        "drug-testing",
        "su/SCR/DAUT",
        "su/SCR/DAOF",
        "su/SCR/BABA",
        _("Drug or alcohol testing"),
    )
    HIV_TESTING = "hiv-testing", "su/SCR/HIVT", "mh/SCR/HIVT", _("HIV testing")


class Medication(Vocabulary):
    """Medications a program prescribes or gives."""

    METHADONE = "methadone", "su/OM/MU", "su/PHR/METH", _("Methadone")
    BUPRENORPHINE = (
        "buprenorphine",
        *("su/OM/BU", "su/PHR/BWN", "su/PHR/BWON", "su/PHR/BERI", "su/PHR/BSDM"),
        _("Buprenorphine (such as Suboxone)"),
    )
    NALTREXONE = (
        "naltrexone",
        "su/OM/NU",
        "su/PHR/NXN",
        "su/PHR/VTRL",
        _("Naltrexone (such as Vivitrol)"),
    )
    ACAMPROSATE = "acamprosate", "su/PHR/ACM", _("Acamprosate")
    DISULFIRAM = "disulfiram", "su/PHR/DSF", _("Disulfiram")
    LOFEXIDINE = "lofexidine", "su/PHR/LFXD", _("Lofexidine")
    CLONIDINE = "clonidine", "su/PHR/CLND", _("Clonidine")
    NICOTINE_REPLACEMENT = (
        "nicotine-replacement",
        "su/PHR/NRT",
        "mh/PHR/NRT",
        _("Nicotine replacement"),
    )
    TOBACCO_OTHER = (
        "tobacco-other",
        "su/PHR/NSC",
        "mh/PHR/NSC",
        _("Other medication to stop smoking"),
    )
    PSYCHIATRIC = (
        "psychiatric",
        "su/PHR/MMD",
        "mh/PHR/ANTPYCH",
        _("Psychiatric medication"),
    )
    HIV_TREATMENT = "hiv-treatment", "su/PHR/MHIV", _("HIV treatment")
    HEPATITIS_C = "hepatitis-c-treatment", "su/PHR/MHCV", _("Hepatitis C treatment")
    PREP = "prep", "su/PHR/MPEP", _("HIV prevention (PrEP)")


class Accreditation(Vocabulary):
    """Who licensed, certified or accredited the program."""

    CARF = "carf", "su/LCA/CARF", "mh/LCA/CARF", _("CARF")
    JOINT_COMMISSION = (
        "joint-commission",
        "su/LCA/JC",
        "mh/LCA/JC",
        _("The Joint Commission"),
    )
    COA = "coa", "su/LCA/COA", "mh/LCA/COA", _("Council on Accreditation (COA)")
    NCQA = "ncqa", "su/LCA/NCQA", "mh/LCA/NCQA", _("NCQA")
    HFAP = "hfap", "su/LCA/HFAP", _("HFAP")
    STATE_SUBSTANCE_USE = (
        "state-substance-use",
        "su/LCA/STAG",
        _("State substance use agency"),
    )
    STATE_MENTAL_HEALTH = (
        "state-mental-health",
        "su/LCA/STMH",
        "mh/LCA/STMH",
        _("State mental health department"),
    )
    STATE_HEALTH = (
        "state-health",
        "su/LCA/STDH",
        "mh/LCA/STDH",
        _("State department of health"),
    )
    HOSPITAL_LICENSE = (
        "hospital-license",
        "su/LCA/HLA",
        "mh/LCA/HLA",
        _("Hospital licensing authority"),
    )
    OPIOID_TREATMENT_PROGRAM = (
        "opioid-treatment-program",
        "su/LCA/SOTP",
        "su/OT/OTP",
        _("Federally certified opioid treatment program"),
    )
    DEA = "dea", "su/LCA/DEA", _("Drug Enforcement Administration")
    FQHC = "fqhc", "su/LCA/FQHC", "mh/LCA/FQHC", _("Federally qualified health center")
    MENTAL_HEALTH_CLINIC = (
        "mental-health-clinic",
        "mh/LCA/MHC",
        _("Licensed mental health clinic"),
    )


class PaymentType(Vocabulary):
    """Kinds of payment a program says it takes, without naming a plan."""

    MEDICAID = "medicaid", "su/PAY/MD", "mh/PAY/MD", _("Medicaid")
    MEDICARE = "medicare", "su/PAY/MC", "mh/PAY/MC", _("Medicare")
    PRIVATE = "private", "su/PAY/PI", "mh/PAY/PI", _("Private health insurance")
    MILITARY = (
        "military",
        "su/PAY/MI",
        "mh/PAY/MI",
        _("Military insurance (such as TRICARE)"),
    )
    SELF_PAY = "self-pay", "su/PAY/SF", "mh/PAY/SF", _("Cash or self-payment")
    SLIDING_FEE = "sliding-fee", "su/PYAS/SS", "mh/PYAS/SS", _("Sliding fee by income")
    PAYMENT_ASSISTANCE = (
        "payment-assistance",
        "su/PYAS/PA",
        "mh/PYAS/PA",
        _("Payment assistance"),
    )
    STATE_FUNDED = (
        "state-funded",
        "su/PAY/SI",
        "mh/PAY/SI",
        _("State-financed insurance other than Medicaid"),
    )
    PUBLIC_FUNDED = (
        "public-funding",
        "su/PAY/FSA",
        "su/PAY/SAMF",
        *(f"mh/PAY/{code}" for code in "CLF CMHG CSBG FG OSF SMHA SWFS SAMF".split()),
        _("Public grants or funds"),
    )
    TRIBAL = (
        "tribal",
        "su/PAY/ITU",
        "mh/PAY/ITU",
        _("Indian Health Service or tribal funds"),
    )
    VETERANS_AFFAIRS = "veterans-affairs", "mh/PAY/VAF", _("Veterans Affairs funds")
    FREE = "free", "su/PAY/NP", "mh/PAY/NP", _("Free: no payment asked")


class CareLevel(Vocabulary):
    """Levels of care, by ASAM number; a program is one of them and may have neighbours at its address."""

    OUTPATIENT = "outpatient", "su/SET/ORT", _("Outpatient (ASAM 1)")
    IOP = "iop", "su/SET/OIT", _("Intensive outpatient (ASAM 2.1)")
    PHP = (
        "php",
        "su/SET/ODT",
        "mh/SET/PHDT",
        _("Day program or partial hospitalization (ASAM 2.5)"),
    )
    RESIDENTIAL_SHORT = "residential-short", "su/SET/RS", _("Short-term residential")
    RESIDENTIAL_LONG = "residential-long", "su/SET/RL", _("Long-term residential")
    RESIDENTIAL = "residential", "mh/SET/RES", _("Residential (mental health)")
    INPATIENT = (
        "inpatient",
        "su/SET/HIT",
        "su/SET/HI",
        "mh/SET/HI",
        _("Hospital inpatient"),
    )
    DETOX_OUTPATIENT = "detox-outpatient", "su/SET/OD", _("Outpatient detox")
    DETOX_RESIDENTIAL = "detox-residential", "su/SET/RD", _("Residential detox")
    DETOX_INPATIENT = "detox-inpatient", "su/SET/HID", _("Hospital detox")
    OPIOID_TREATMENT = (
        "opioid-treatment",
        "su/SET/OMB",
        _("Outpatient methadone, buprenorphine or naltrexone"),
    )
    TRANSITIONAL_HOUSING = (
        "transitional-housing",
        "su/TC/HH",
        _("Transitional or sober housing"),
    )


class Ownership(Vocabulary):
    """Who owns the organization."""

    FOR_PROFIT = "for-profit", "su/FOP/PVTP", "mh/FOP/PVTP", _("Private, for profit")
    NONPROFIT = "nonprofit", "su/FOP/PVTN", "mh/FOP/PVTN", _("Private, nonprofit")
    STATE = "state", "su/FOP/STG", "mh/FOP/STG", _("State government")
    LOCAL = (
        "local",
        "su/FOP/LCCG",
        "mh/FOP/LCCG",
        _("Local, county or community government"),
    )
    TRIBAL = "tribal", "su/FOP/TBG", "mh/FOP/TBG", _("Tribal government")
    FEDERAL = "federal", "su/FOP/FED", "mh/FOP/FED", _("Federal government")
    VETERANS_AFFAIRS = (
        "veterans-affairs",
        "su/FOP/VAMC",
        "mh/FOP/VAMC",
        _("Department of Veterans Affairs"),
    )
    DEFENSE = "defense", "su/FOP/DDF", "mh/FOP/DDF", _("Department of Defense")
    INDIAN_HEALTH = (
        "indian-health",
        "su/FOP/IH",
        "mh/FOP/IH",
        _("Indian Health Service"),
    )


class SmokingPolicy(Vocabulary):
    """Whether smoking is allowed."""

    NOT_PERMITTED = (
        "not-permitted",
        "su/SMP/SMON",
        "mh/SMP/SMON",
        _("Smoking not permitted"),
    )
    DESIGNATED = (
        "designated",
        "su/SMP/SMPD",
        "mh/SMP/SMPD",
        _("Smoking in designated areas"),
    )
    PERMITTED = "permitted", "su/SMP/SMOP", "mh/SMP/SMOP", _("Smoking permitted")


class Format(models.TextChoices):
    """How sessions are held."""

    IN_PERSON = "in-person", _("In person")
    VIRTUAL = "virtual", _("By video")
    HYBRID = "hybrid", _("In person and by video")


class Daypart(models.TextChoices):
    """When sessions are held; derived from session blocks."""

    MORNING = "morning", _("Mornings (before noon)")
    AFTERNOON = "afternoon", _("Afternoons (noon to 5 pm)")
    EVENING = "evening", _("Evenings (5 pm or later)")
    WEEKEND = "weekend", _("Weekends")


class Day(models.TextChoices):
    """Days of the week; derived from session blocks, in the order of `SessionBlock.weekday`."""

    MON = "mon", _("Monday")
    TUE = "tue", _("Tuesday")
    WED = "wed", _("Wednesday")
    THU = "thu", _("Thursday")
    FRI = "fri", _("Friday")
    SAT = "sat", _("Saturday")
    SUN = "sun", _("Sunday")


class Status(models.TextChoices):
    """Where a listing stands. A closed program keeps its page; a merged one redirects; a draft is unseen."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged into another")


class LocationQuality(models.TextChoices):
    """How exactly we know where a program is."""

    GIVEN = "given", _("Given by the source")
    ROOFTOP = "rooftop", _("Building")
    STREET = "street", _("Street")
    ZIP_CENTRE = "zip-centre", _("Centre of its ZIP code")
    CITY_CENTRE = "city-centre", _("Centre of its city")
    MANUAL = "manual", _("Placed by a curator")


# Where only the ZIP code or city of a program is known: its real address may be miles away.
COARSE = frozenset({LocationQuality.ZIP_CENTRE, LocationQuality.CITY_CENTRE})

# Postal abbreviations of states, the District of Columbia, territories and freely associated states.
STATES = {
    "AL": _("Alabama"),
    "AK": _("Alaska"),
    "AZ": _("Arizona"),
    "AR": _("Arkansas"),
    "CA": _("California"),
    "CO": _("Colorado"),
    "CT": _("Connecticut"),
    "DE": _("Delaware"),
    "DC": _("District of Columbia"),
    "FL": _("Florida"),
    "GA": _("Georgia"),
    "HI": _("Hawaii"),
    "ID": _("Idaho"),
    "IL": _("Illinois"),
    "IN": _("Indiana"),
    "IA": _("Iowa"),
    "KS": _("Kansas"),
    "KY": _("Kentucky"),
    "LA": _("Louisiana"),
    "ME": _("Maine"),
    "MD": _("Maryland"),
    "MA": _("Massachusetts"),
    "MI": _("Michigan"),
    "MN": _("Minnesota"),
    "MS": _("Mississippi"),
    "MO": _("Missouri"),
    "MT": _("Montana"),
    "NE": _("Nebraska"),
    "NV": _("Nevada"),
    "NH": _("New Hampshire"),
    "NJ": _("New Jersey"),
    "NM": _("New Mexico"),
    "NY": _("New York"),
    "NC": _("North Carolina"),
    "ND": _("North Dakota"),
    "OH": _("Ohio"),
    "OK": _("Oklahoma"),
    "OR": _("Oregon"),
    "PA": _("Pennsylvania"),
    "RI": _("Rhode Island"),
    "SC": _("South Carolina"),
    "SD": _("South Dakota"),
    "TN": _("Tennessee"),
    "TX": _("Texas"),
    "UT": _("Utah"),
    "VT": _("Vermont"),
    "VA": _("Virginia"),
    "WA": _("Washington"),
    "WV": _("West Virginia"),
    "WI": _("Wisconsin"),
    "WY": _("Wyoming"),
    "PR": _("Puerto Rico"),
    "GU": _("Guam"),
    "VI": _("U.S. Virgin Islands"),
    "AS": _("American Samoa"),
    "MP": _("Northern Mariana Islands"),
    "FM": _("Micronesia"),
    "MH": _("Marshall Islands"),
    "PW": _("Palau"),
}
