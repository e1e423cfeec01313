"""Fifteen characters are not enough if they are a short idea."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

BAD = [
    "short",
    "aaaaaaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "hunter2hunter2hunter2",
    "abcdefghijklmnopqrs",
    "98765432109876543",
    "qwertyuiopasdfghjkl",
    "1qaz2wsx3edc4rfv5tgb",
    "passwordpassword1!",
    "sunshineprincess12",
    "iopfinderhelpline26",
    "danadanielsdana2026!",
]
GOOD = ["five calm herons by the quay", "correct horse battery staple", "wQ8#mPz!vL2^xTn9", "582910473829104"]


@pytest.mark.parametrize("password", BAD)
def test_a_guessable_shape_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(name="Dana Daniels", email="dana.daniels@helpline.example"))


@pytest.mark.parametrize("password", GOOD)
def test_a_long_thought_is_welcome(password):
    validator_errors = []
    try:
        validate_password(password, User(name="Dana Daniels", email="dana.daniels@helpline.example"))
    except ValidationError as error:
        validator_errors = error.messages
    assert validator_errors == []
