"""What the sample is made of: places, names, and what programs of each kind say."""

STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
    "OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR"
).split()
PER_STATE = 5
MORE = {"CA": 9, "TX": 7, "NY": 7, "FL": 7, "IL": 6, "PA": 6, "OH": 6, "MA": 3, "WA": 3, "GA": 3, "MI": 3, "NC": 3}
SPRINGFIELDS = [("IL", 2), ("MO", 2), ("MA", 2), ("OH", 1), ("OR", 1)]

FIRST = (
    "Cedar Bend,Quiet Harbor,Lantern Hill,Blue Heron,Stone Bridge,Willow Run,North Star,Morning Ridge,Clear Creek,"
    "Juniper,Open Door,Prairie Wind,Silver Birch,Two Rivers,Maple Grove,Safe Passage,Granite Peak,Coral Bay,"
    "Desert Bloom,Evergreen,Copper Lake,Long Meadow,Second Dawn,Hearthside,Fox Hollow,Sandhill,Bright Water,"
    "Oak Terrace,Turning Leaf,Summit View,Gentle Rain,Lighthouse Point,Red Barn,High Plains,Garden Gate,Canyon Rim,"
    "River Birch,Harvest Moon,New Compass,Stillwater"
).split(",")
KINDS = (
    "Recovery Center,Behavioral Health,Counseling Center,Intensive Outpatient,Treatment Services,Wellness Center,"
    "Family Recovery,Mental Health Clinic,Outpatient Programs,Recovery Collective"
).split(",")
STREETS = "Main St,Oak Ave,Park Blvd,2nd St,Washington Ave,Center St,Lake Rd,Mill St,Market St,Church St".split(",")
MILWAUKEE = {  # the first search people try
    "Third Ward Recovery Center": "Milwaukee 53202",
    "Menomonee Valley Counseling": "Milwaukee 53204",
    "Bay View Evening Recovery": "Milwaukee 53207",
    "Brewers Hill Behavioral Health": "Milwaukee 53212",
    "Riverwest Family Recovery": "Milwaukee 53212",
    "Walker's Point Wellness": "Milwaukee 53204",
    "Lakefront Women's Program": "Milwaukee 53202",
    "Harbor District IOP": "Milwaukee 53204",
    "Sherman Park Teen Program": "Milwaukee 53210",
    "Tosa Village Counseling": "Wauwatosa 53213",
    "Honey Creek Recovery": "Wauwatosa 53213",
    "Greenfield Evening Program": "West Allis 53214",
    "Liberty Heights Outpatient": "West Allis 53214",
    "Fox River Behavioral Health": "Waukesha 53186",
    "Prairieville Mind and Recovery": "Waukesha 53188",
    "Root River Recovery": "Racine 53402",
    "Elmbrook Eating Disorder Program": "Brookfield 53005",
}

FOCUSES: dict[str, dict[str, list[str]]] = {
    "substance": {
        "conditions": ["substance-use", "alcohol-use", "opioid-use", "stimulant-use", "cannabis-use"],
        "therapies": ["group", "individual", "cbt", "motivational-interviewing", "relapse-prevention", "twelve-step"],
    },
    "dual": {
        "conditions": ["substance-use", "alcohol-use", "opioid-use", "co-occurring", "depression", "anxiety", "trauma"],
        "therapies": ["group", "individual", "family", "cbt", "dbt", "motivational-interviewing", "integrated-dual"],
    },
    "mental": {
        "conditions": ["mental-health", "depression", "anxiety", "bipolar", "ptsd", "trauma"],
        "therapies": ["group", "individual", "family", "cbt", "dbt", "act", "activity"],
    },
    "dbt": {
        "conditions": ["mental-health", "borderline-personality", "depression", "anxiety", "trauma"],
        "therapies": ["group", "individual", "dbt", "family"],
    },
    "trauma": {
        "conditions": ["mental-health", "ptsd", "trauma", "depression", "co-occurring"],
        "therapies": ["group", "individual", "prolonged-exposure", "emdr", "trauma-counseling", "cbt"],
    },
    "eating": {
        "conditions": ["mental-health", "eating-disorder", "anxiety", "depression"],
        "therapies": ["group", "individual", "family", "cbt", "dbt", "exposure-response-prevention"],
    },
    "ocd": {
        "conditions": ["mental-health", "ocd", "anxiety"],
        "therapies": ["group", "individual", "exposure-response-prevention", "act", "cbt"],
    },
}
WEIGHTS = {"substance": 30, "dual": 30, "mental": 20, "dbt": 6, "trauma": 6, "eating": 4, "ocd": 4}
SENTENCES = {
    "substance": "Group-based care for people who want to stop drinking or using drugs while they live at home.",
    "dual": "Treats substance use and mental health together, with one team and one plan.",
    "mental": "Several groups a week for depression, anxiety and mood, with a psychiatrist on the team.",
    "dbt": "A full dialectical behavior therapy program: skills group, individual sessions, coaching between them.",
    "trauma": "For people whose past still runs their days. Trauma-focused therapy at a pace you set.",
    "eating": "Meals together, family sessions and therapy for people recovering from an eating disorder.",
    "ocd": "Exposure and response prevention several days a week, in small groups.",
}
POPULATIONS = (
    "young-adults women men pregnant seniors lgbtq veterans justice-involved first-responders college professionals"
).split()
LANGUAGES = "spanish spanish spanish sign-language hmong vietnamese arabic russian creole portuguese korean".split()
SERVICES = (
    "case-management peer-support discharge-planning telehealth transportation child-care drug-testing "
    "medication-psychiatric self-help-groups employment naloxone recovery-coach family-education nutrition"
).split()
ACCREDITATIONS = ["carf", "joint-commission", "state-substance-use", "state-mental-health", "coa"]
NATIONAL = "aetna cigna unitedhealthcare humana blue-cross-blue-shield ambetter molina tricare optum magellan".split()
WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
TRACKS = {  # name: (days it may meet, start, end)
    "Morning": (["Mon Tue Thu", "Mon Wed Fri", "Mon Tue Wed Thu"], "09:00", "12:00"),
    "Afternoon": (["Mon Wed Thu", "Tue Wed Thu", "Mon Tue Thu Fri"], "13:00", "16:00"),
    "Evening": (["Mon Wed Thu", "Tue Wed Thu", "Mon Tue Thu"], "18:00", "21:00"),
    "Early evening": (["Mon Tue Wed Thu", "Mon Wed Thu"], "17:00", "20:00"),
    "After school": (["Mon Tue Thu", "Tue Wed Thu"], "15:30", "18:30"),
    "Weekend": (["Sat Sun"], "09:00", "13:30"),
}
AREA_CODES = {
    "AL": 205,
    "AK": 907,
    "AZ": 602,
    "AR": 501,
    "CA": 213,
    "CO": 303,
    "CT": 203,
    "DE": 302,
    "DC": 202,
    "FL": 305,
    "GA": 404,
    "HI": 808,
    "ID": 208,
    "IL": 312,
    "IN": 317,
    "IA": 515,
    "KS": 316,
    "KY": 502,
    "LA": 504,
    "ME": 207,
    "MD": 410,
    "MA": 617,
    "MI": 313,
    "MN": 612,
    "MS": 601,
    "MO": 314,
    "MT": 406,
    "NE": 402,
    "NV": 702,
    "NH": 603,
    "NJ": 201,
    "NM": 505,
    "NY": 212,
    "NC": 704,
    "ND": 701,
    "OH": 614,
    "OK": 405,
    "OR": 503,
    "PA": 215,
    "RI": 401,
    "SC": 803,
    "SD": 605,
    "TN": 615,
    "TX": 512,
    "UT": 801,
    "VT": 802,
    "VA": 804,
    "WA": 206,
    "WV": 304,
    "WI": 414,
    "WY": 307,
    "PR": 787,
}
