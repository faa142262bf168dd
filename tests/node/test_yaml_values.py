"""What comes from the environment, and that secrets are never shown."""

import traceback
from decimal import Decimal

import pytest
from pydantic import SecretStr, ValidationError

from fairlead.node.errors import ConfigurationError
from fairlead.node.loading import dump, read, read_model
from fairlead.node.settings import Section

GOOD = """\
venue: {kind: simulated, instruments: [{symbol: A.SIM, price_start: 100}]}
account: {currency: USD, cash: 1000}
session: {duration: 60s}
"""
PARAMETERS = GOOD + "strategies:\n  - name: maker\n    strategy: market_making\n    parameters:\n"
CANARY = "canary-7f3a"
ENVIRONMENT = {"TOKEN": CANARY, "SIZE": "12", "EMPTY": ""}


def test_the_environment_is_put_in_before_a_value_is_read() -> None:
    text = PARAMETERS + (
        "      a: ${SIZE}\n      b: '${SIZE}'\n      c: ${SIZE}.5\n      d: ${NOWHERE:-0.1}\n"
        "      e: ${EMPTY:-}\n      f: $${SIZE} and $SIZE\n      g: ${TOKEN}\n"
    )
    parameters = read(text, "paper.yaml", ENVIRONMENT).strategies[0].parameters
    assert parameters == {
        "a": 12,
        "b": "12",
        "c": Decimal("12.5"),
        "d": Decimal("0.1"),
        "e": None,
        "f": "${SIZE} and $SIZE",
        "g": CANARY,
    }


def test_the_environment_cannot_bring_in_yaml() -> None:
    text = PARAMETERS + "      a: ${TOKEN}\n"
    injected = "1\n      b: 2 # [x, *y] !secret ${SIZE}"
    configuration = read(text, "paper.yaml", {"TOKEN": injected})
    assert configuration.strategies[0].parameters == {"a": injected}


def test_bytes_in_the_environment_that_are_no_text_are_refused() -> None:
    text = PARAMETERS + "      a: ${TOKEN}\n"
    with pytest.raises(ConfigurationError) as caught:
        read(text, "paper.yaml", {"TOKEN": "\udcff"})
    assert str(caught.value) == (
        "paper.yaml:8:10: strategies[0].parameters.a: found bytes that are not UTF-8 in TOKEN,"
        " expected text"
    )


class Login(Section):
    """A section as a gateway has it: a secret beside open values."""

    user: str
    password: SecretStr
    port: int


def outputs_about(text: str) -> str:
    """Return everything that can be seen of a configuration or of what is wrong with it."""
    try:
        login, source = read_model(Login, text, "login.yaml", ENVIRONMENT)
    except ConfigurationError as error:
        problems = f"{error!r} {error.problems!r} {error.__context__!r} {error.__cause__!r}"
        return problems + "".join(traceback.format_exception(error))
    return f"{login} {login!r} {login.model_dump()} {login.model_dump_json()} {source!r}"


@pytest.mark.parametrize(
    "text",
    [
        f"user: u\npassword: {CANARY}\nport: 1\n",
        "user: u\npassword: ${TOKEN}\nport: 1\n",
        "user: u\npassword: !secret ${TOKEN}\nport: 1\n",
        f"user: u\npassword: [{CANARY}]\nport: 1\n",
        f"user: u\npassword: {{a: {CANARY}}}\nport: 1\n",
        f"user: u\npassword: {CANARY}\npassword: {CANARY}\nport: x\n",
        f"user: u\npasword: {CANARY}\nport: 1\n",
        "user: u\npassword: a\nport: ${TOKEN}\n",
        "user: u\npassword: a\nport: !secret ${TOKEN}\n",
        f"user: !secret {CANARY}\npassword: a\nport: 1\n",
    ],
)
def test_a_secret_is_never_shown(text: str) -> None:
    assert CANARY not in outputs_about(text)


def test_a_secret_that_is_wrong_is_reported_as_hidden() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_model(Login, "user: u\npassword: 123\nport: 1\n", "login.yaml", {})
    assert str(caught.value) == (
        "login.yaml:2:11: password: found (hidden), expected text, in quotes where it looks like"
        " something else"
    )


def test_a_secret_parameter_reaches_its_strategy_and_nothing_else() -> None:
    text = PARAMETERS + "      api_key: !secret ${TOKEN}\n      nested: [!secret 12]\n"
    configuration = read(text, "paper.yaml", ENVIRONMENT)
    secret = configuration.strategies[0].parameters["api_key"]
    assert secret.get_secret_value() == CANARY
    shown = [
        repr(configuration),
        str(configuration),
        repr(configuration.model_dump()),
        repr(configuration.plain()),
        dump(configuration),
        configuration.strategies[0].parameters_text(),
        str(configuration.problem(("strategies", 0, "parameters", "api_key"), "another")),
    ]
    assert not [text for text in shown if CANARY in text]
    assert configuration.strategies[0].parameters_text() == (
        '{"api_key":"(hidden)","nested":["(hidden)"]}'
    )
    other = read(text, "paper.yaml", {"TOKEN": "another"})
    assert other != configuration
    assert other.digest() == configuration.digest()


def test_a_wrong_value_in_code_shows_no_value_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Login.model_validate({"user": "u", "password": 1, "port": CANARY})
    assert CANARY not in str(caught.value)
