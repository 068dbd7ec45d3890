"""Signatures and encryption: the documents' own vectors, an independent peer, and what must be refused."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from bot.channels.wechat.crypto import BadCipher, Cipher, is_signed, signature

APP_ID, KEY = "wxba5fad812f8e6fb9", "A" * 43
OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
    "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
    "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
MESSAGE = (
    b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,'
    b'"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}'
)
"""The example of the platform's page on encryption (developers.weixin.qq.com, 消息推送, 消息加解密)."""


def test_the_signature_of_the_documents_for_verifying_an_address() -> None:
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_the_encrypted_message_of_the_documents() -> None:
    cipher = Cipher(APP_ID, (KEY,))

    assert is_signed("AAAAA", "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", "1714112445", "415670741", SEALED)
    assert cipher.decrypt(SEALED) == MESSAGE
    assert cipher.encrypt(MESSAGE, random=b"a8eedb185eb2fecf") == SEALED


def test_the_encrypted_reply_of_the_documents() -> None:
    sealed = Cipher(APP_ID, (KEY,)).encrypt(b'{"demo_resp":"good luck"}', random=b"707722b803182950")

    assert (
        sealed == "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )


def test_the_echo_of_the_wecom_documents() -> None:
    echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    cipher = Cipher("wx5823bf96d3bd56c7", ("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",))

    assert is_signed("QDG6eK", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780", echo)
    assert cipher.decrypt(echo) == b"1616140317555161061"


@pytest.mark.parametrize(
    "given", ["", "0" * 40, "F464B24FC39322E44B38AA78F5EDD27BD1441696", "中文", "\udcff"]
)
def test_point_01_another_signature_is_none(given: str) -> None:
    assert not is_signed("AAAAA", given, "1714036504", "1514711492")


@given(text=st.text(max_size=300).filter(lambda text: "\ud800" not in text))
@settings(max_examples=60, deadline=None)
def test_an_independent_peer_reads_what_we_encrypt_and_we_what_it_does(text: str) -> None:
    cipher, peer = Cipher(APP_ID, (KEY,)), PrpCrypto(base64.b64decode(f"{KEY}="))
    content = text.encode("utf-8", "replace")

    assert peer.decrypt(cipher.encrypt(content), APP_ID) == content.decode()
    assert cipher.decrypt(peer.encrypt(content, APP_ID).decode()) == content


def test_a_peers_whole_envelope_carries_our_signature() -> None:
    peer = WeChatCrypto("AAAAA", KEY, APP_ID)
    sealed = Cipher(APP_ID, (KEY,)).encrypt(b"<xml/>")

    assert (
        peer.decrypt_message({"Encrypt": sealed}, signature("AAAAA", "1", "n", sealed), "1", "n") == "<xml/>"
    )


def test_the_previous_key_still_opens_and_is_named() -> None:
    cipher, before = Cipher(APP_ID, (OTHER_KEY, KEY)), Cipher(APP_ID, (KEY,))
    opened = cipher.open(before.encrypt(b"hello"))

    assert (opened.content, opened.key) == (b"hello", 1)
    assert before.decrypt(cipher.encrypt(b"answer", opened.key)) == b"answer"
    assert cipher.open(cipher.encrypt(b"new")).key == 0


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27, 28, 31, 32, 33, 1000])
def test_every_length_is_padded_to_blocks_of_32(length: int) -> None:
    sealed = Cipher(APP_ID, (KEY,)).encrypt(b"x" * length)

    assert len(base64.b64decode(sealed)) % 32 == 0
    assert Cipher(APP_ID, (KEY,)).decrypt(sealed) == b"x" * length


def test_a_message_for_another_account_is_refused() -> None:
    with pytest.raises(BadCipher):
        Cipher(APP_ID, (KEY,)).decrypt(Cipher("wx0000000000000000", (KEY,)).encrypt(b"hello"))


def test_a_message_under_another_key_is_refused() -> None:
    with pytest.raises(BadCipher):
        Cipher(APP_ID, (KEY,)).decrypt(Cipher(APP_ID, (OTHER_KEY,)).encrypt(b"hello"))


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "中文", "A" * 43, "=" * 64, "A" * 64])
def test_what_is_no_cipher_is_refused(sealed: str) -> None:
    with pytest.raises(BadCipher):
        Cipher(APP_ID, (KEY,)).decrypt(sealed)


@pytest.mark.parametrize("tail", [b"\x00", b"\x21", b"\x03\x02\x03", b"\xff"])
def test_padding_is_checked_byte_by_byte(tail: bytes) -> None:
    """A forger who can tell wrong padding from a wrong content decrypts without the key: both are one error."""
    filler = b"0" * 16 + (5).to_bytes(4, "big") + b"hello" + APP_ID.encode()
    content = filler + b"\x03" * (64 - len(filler) - len(tail)) + tail
    sealed = _encrypted(content)

    with pytest.raises(BadCipher, match="no key of this account opens it"):
        Cipher(APP_ID, (KEY,)).decrypt(sealed)


@pytest.mark.parametrize("length", [6, 4096, 0xFFFFFFFF])
def test_a_length_beyond_the_message_is_refused(length: int) -> None:
    content = b"0" * 16 + length.to_bytes(4, "big") + b"hello" + APP_ID.encode()
    padding = 32 - len(content) % 32

    with pytest.raises(BadCipher):
        Cipher(APP_ID, (KEY,)).decrypt(_encrypted(content + bytes([padding]) * padding))


def test_the_same_message_is_never_encrypted_alike() -> None:
    cipher = Cipher(APP_ID, (KEY,))

    assert len({cipher.encrypt(b"hello") for _ in range(20)}) == 20


@given(content=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_random_bytes_are_refused_and_never_break(content: bytes) -> None:
    sealed = base64.b64encode(content + secrets.token_bytes(-len(content) % 16)).decode()

    with pytest.raises(BadCipher):
        Cipher(APP_ID, (KEY, OTHER_KEY)).decrypt(sealed)


def _encrypted(content: bytes) -> str:
    from wechatpy.crypto.base import WeChatCipher

    return base64.b64encode(WeChatCipher(base64.b64decode(f"{KEY}=")).encrypt(content)).decode()
