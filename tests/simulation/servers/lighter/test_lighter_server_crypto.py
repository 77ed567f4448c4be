"""The field, the hash, the curve and the signatures, against published vectors and by their laws."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_server_samples import number, vectors

from simulation.servers.lighter.curve import GENERATOR, ORDER, Multiples, decode, encode, total
from simulation.servers.lighter.goldilocks import P, are_canonical, is_square, square_root, to_bytes, to_words
from simulation.servers.lighter.poseidon2 import digest, permute, sponge
from simulation.servers.lighter.quintic import (
    ONE,
    ZERO,
    Element,
    add,
    has_root,
    invert,
    multiply,
    negate,
    power,
    root,
    scale,
    square,
    subtract,
)
from simulation.servers.lighter.schnorr import PublicKey, public_key_of, sign

words = st.integers(0, P - 1)
elements = st.tuples(words, words, words, words, words)


def element(text: str) -> Element:
    """Read an element of the quintic field."""
    a, b, c, d, e = to_words(bytes.fromhex(text))
    return a, b, c, d, e


def text_of(value: Element) -> str:
    """Write an element."""
    return to_bytes(value).hex()


def test_the_base_field_agrees_with_the_vectors(shared_data: Path) -> None:
    """Sums, products, inverses and powers modulo p are those of the venue's library."""
    for vector in vectors(shared_data, "field_goldilocks_vectors"):
        a, b = number(vector["a"]), number(vector["b"])
        assert (a + b) % P == number(vector["add"]) % P
        assert a * b % P == number(vector["mul"]) % P
        assert pow(a, P - 2, P) == number(vector["inv_a"]) % P


def test_the_quintic_field_agrees_with_the_vectors(shared_data: Path) -> None:
    """Every operation on elements of degree five is that of the venue's library."""
    for vector in vectors(shared_data, "field_quintic_vectors"):
        a, b = element(vector["a"]), element(vector["b"])
        assert text_of(add(a, b)) == vector["add"]
        assert text_of(subtract(a, b)) == vector["sub"]
        assert text_of(multiply(a, b)) == vector["mul"]
        assert text_of(negate(a)) == vector["neg_a"]
        assert text_of(invert(a)) == vector["inv_a"]
        assert text_of(power(a, int(vector["e"]))) == vector["pow_a_e"]


def test_poseidon2_agrees_with_the_vectors(shared_data: Path) -> None:
    """The permutation and the sponge, for any number of words in and out, give the published words."""
    given_vectors = vectors(shared_data, "hash_poseidon2_vectors")
    for vector in given_vectors["permute"]:
        assert to_bytes(permute(to_words(bytes.fromhex(vector["input"])))).hex() == vector["output"]
    for vector in given_vectors["sponge"]:
        found = sponge(to_words(bytes.fromhex(vector["input"])), vector["num_outputs"])
        assert to_bytes(found).hex() == vector["output"]
    for vector in given_vectors["hash_to_quintic"]:
        assert text_of(digest(to_words(bytes.fromhex(vector["input"])))) == vector["output"]


def test_the_hash_of_one_to_eight_is_known() -> None:
    """One published digest holds without any file."""
    expected = "993053299711343d 790414e0ac5918cf d3fc7e07cba40ca3 6bb742d900cae67f e78a34fd86b32d5e"
    assert digest(range(1, 9)) == tuple(int(word, 16) for word in expected.split())


def test_the_curve_agrees_with_the_vectors(shared_data: Path) -> None:
    """Names that are points decode and encode back, others are refused; sums and multiples are right."""
    given_vectors = vectors(shared_data, "curve_ecgfp5_vectors")
    for vector in given_vectors["decode"]:
        name = element(vector["w"])
        if vector["decodes"]:
            assert text_of(encode(decode(name))) == vector["encoded_back"]
        else:
            with pytest.raises(ValueError, match="no point"):
                decode(name)
    for vector in given_vectors["add"]:
        a, b = decode(element(vector["a_w"])), decode(element(vector["b_w"]))
        assert text_of(encode(total([a, b]))) == vector["sum_w"]
        assert text_of(encode(total([a, a]))) == vector["a_double_w"]
    for vector in given_vectors["scalar_mul"][:4]:
        base = decode(element(vector["base_w"]))
        product = total(Multiples(base).terms(number(vector["scalar_le"]))) if base else None
        assert text_of(encode(product)) == vector["out_w"]


def test_signatures_agree_with_the_vectors(shared_data: Path) -> None:
    """Public keys and signatures with a given one-time number are byte for byte the published ones, and verify."""
    given_vectors = vectors(shared_data, "schnorr_vectors")
    for vector in given_vectors["keygen"]:
        assert public_key_of(number(vector["sk"])).hex() == vector["pk"]
    for vector in given_vectors["sign"][:6]:
        message, key = element(vector["hashed_msg"]), number(vector["sk"])
        assert sign(key, message, number(vector["k"])).hex() == vector["sig"]
        assert PublicKey(public_key_of(key)).verifies(message, bytes.fromhex(vector["sig"]))


def test_key_one_has_the_known_name() -> None:
    """The generator encodes to four."""
    assert encode(GENERATOR) == (4, 0, 0, 0, 0)
    assert decode((4, 0, 0, 0, 0)) == GENERATOR


def test_the_generator_has_its_order() -> None:
    """Order times the generator is nothing, one time less is its opposite."""
    multiples = Multiples(GENERATOR)
    assert total(multiples.terms(ORDER)) is None
    assert total(multiples.terms(ORDER - 1)) == (GENERATOR[0], negate(GENERATOR[1]))
    assert encode(None) == ZERO
    assert total([None, GENERATOR, None]) == GENERATOR


@given(a=elements, b=elements)
@settings(max_examples=60, deadline=None)
def test_field_laws(a: Element, b: Element) -> None:
    """Squares are products, inverses undo, roots of squares come back, a square has a root."""
    assert square(a) == multiply(a, a)
    assert multiply(a, invert(a)) == (ONE if a != ZERO else ZERO)
    assert multiply(a, b) == multiply(b, a)
    assert scale(a, 5) == multiply(a, (5, 0, 0, 0, 0))
    found = root(square(a))
    assert found in {a, negate(a)}
    assert has_root(b) is (root(b) is not None)


@given(value=words)
@settings(max_examples=60, deadline=None)
def test_roots_in_the_base_field(value: int) -> None:
    """A root squares to its number, and there is one exactly for squares."""
    found = square_root(value)
    assert (found is not None) is is_square(value)
    assert found is None or found * found % P == value


def test_roots_of_nothing() -> None:
    """Zero is its own root, in both fields; 7 has none."""
    assert square_root(0) == 0
    assert root(ZERO) == ZERO
    assert square_root(7) is None


@given(private=st.integers(1, ORDER - 1), once=st.integers(1, ORDER - 1), message=elements)
@settings(max_examples=6, deadline=None)
def test_a_signature_is_of_one_key_and_one_message(private: int, once: int, message: Element) -> None:
    """It verifies; with another message, another key, a changed byte or an overflowing half it does not."""
    key, signature = PublicKey(public_key_of(private)), sign(private, message, once)
    assert key.verifies(message, signature)
    assert not key.verifies(add(message, ONE), signature)
    assert not PublicKey(public_key_of(private % (ORDER - 1) + 1)).verifies(message, signature)
    assert not key.verifies(message, bytes([signature[0] ^ 1]) + signature[1:])
    assert not key.verifies(message, signature[:79])
    above = int.from_bytes(signature[:40], "little") + ORDER
    if above < 1 << 320:
        assert not key.verifies(message, above.to_bytes(40, "little") + signature[40:])


@pytest.mark.parametrize("data", [bytes(40), b"\xff" * 40, b"\x04", to_bytes((5, 0, 0, 0, 0))])
def test_bytes_that_are_no_public_key(data: bytes) -> None:
    """The neutral element, words beyond p, a wrong length and a name without a point are refused."""
    with pytest.raises(ValueError, match=r"key|point"):
        PublicKey(data)


def test_canonical_words() -> None:
    """Only words below p are one spelling of an element."""
    assert are_canonical([0, P - 1])
    assert not are_canonical([P])
