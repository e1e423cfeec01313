"""schema.org descriptions of listings, for search engines: only what is known, no ratings."""

from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from programs import wording
from programs.choices import COARSE, STATES, Format
from programs.models import Phone, Program

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clinic(program: Program) -> dict[str, object]:
    """A MedicalClinic with a BreadcrumbList; unknown facts are left out.

    The middle of a ZIP code or city is not where it is, and who treats by video only has no hours at its office.
    """
    address = urljoin(settings.SITE_URL, program.get_absolute_url())
    return {"@context": "https://schema.org", "@graph": [_clinic(program, address), _breadcrumbs(program)]}


def _clinic(program: Program, address: str) -> dict[str, object]:
    data: dict[str, object] = {
        "@type": "MedicalClinic",
        "@id": address,
        "url": address,
        "name": program.name,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": ", ".join(filter(None, (program.street, program.street2))),
            "addressLocality": program.city,
            "addressRegion": program.state,
            "postalCode": program.zip,
            "addressCountry": "US",
        },
        "parentOrganization": {"@type": "MedicalOrganization", "name": program.organization.name},
        "medicalSpecialty": "https://schema.org/Psychiatric",
        "availableService": {"@type": "MedicalTherapy", "name": "Intensive outpatient program (ASAM level 2.1)"},
    }
    if program.latitude is not None and program.location_quality not in COARSE and not program.is_virtual_only:
        data["geo"] = {"@type": "GeoCoordinates", "latitude": program.latitude, "longitude": program.longitude}
    phones = [phone for phone in program.phones.all() if phone.purpose != Phone.Purpose.FAX]
    if phones:
        data["telephone"] = phones[0].number
    if price := wording.money(program.cost_per_week_min, program.cost_per_week_max):
        data["priceRange"] = price
    hours = [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": f"https://schema.org/{DAYS[session.weekday]}",
            "opens": f"{session.starts:%H:%M}",
            "closes": f"{session.ends:%H:%M}",
        }
        for session in program.sessions.all()
        if session.format != Format.VIRTUAL and not program.is_virtual_only
    ]
    if hours:
        data["openingHoursSpecification"] = hours
    return data


def _breadcrumbs(program: Program) -> dict[str, object]:
    trail = [
        (settings.OPERATOR["site_name"], "/"),
        (str(STATES.get(program.state, program.state)), reverse("state", args=[program.state.lower()])),
        (program.name, program.get_absolute_url()),
    ]
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": urljoin(settings.SITE_URL, path)}
        for number, (name, path) in enumerate(trail, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}
