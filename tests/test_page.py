"""The web page in a real browser, in front of a real SARAi."""

import json
from urllib.parse import urlsplit

import pytest
from browser import ANSWER_S, Page
from harness import suggest
from selenium.webdriver.common.keys import Keys

LONG = "Write a very long story about a lighthouse, with many chapters. Do not stop early."
ATTACK = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>"
MARKDOWN = (
    "## Título\n\nHola **negrita** y `código`.\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nprint('hola')\n```\n\n"
    "[enlace](https://example.com) [malo](javascript:alert(1)) <b onclick=alert(1)>crudo</b>\n"
)


@pytest.fixture
def browser(sarai, tmp_path):
    """Opens tabs, and holds each to what is true of all of them: no error, no other host."""
    pages = []

    def start(**options):
        pages.append(Page(sarai, tmp_path / f"profile-{len(pages)}", **options))
        return pages[-1]

    yield start
    try:
        for page in pages:
            assert page.problems() == []
            assert page.hosts() <= {urlsplit(sarai.url).netloc}
    finally:
        for page in pages:
            page.driver.quit()


def test_a_code_in_the_address_pairs_and_leaves_the_address(browser):
    page = browser()
    page.open()
    assert page.driver.current_url == f"{page.sarai.url}/"
    assert not page.find("pairing").is_displayed()
    assert len(page.all("#examples button")) == 3
    # The cookie is kept: the next visit needs no code.
    page.driver.get(page.sarai.url)
    page.until(lambda: page.find("status").get_attribute("data-state") == "ready")
    assert not page.find("pairing").is_displayed()


def test_a_browser_that_is_not_paired_asks_for_the_code(browser):
    page = browser()
    page.driver.get(page.sarai.url)
    page.until(lambda: page.find("pairing").is_displayed())
    page.press("ABCDEFGH", Keys.ENTER)
    page.until(lambda: page.find("pairing-error").text)
    # The wrong code is selected, so that typing replaces it.
    page.press(page.code(), Keys.ENTER)
    page.until(lambda: not page.find("pairing").is_displayed())
    # Chromium itself reports each refusal; that they were refused is what this test is about.
    refused = page.problems()
    assert refused and all("401" in line or "403" in line for line in refused), refused


def test_an_answer_grows_ends_with_figures_and_survives_a_reload(browser):
    page = browser()
    page.open()
    page.ask("Say hello in three sentences.")
    assert page.text(".asked .words") == ["Say hello in three sentences."]
    page.wait_for_words()
    page.wait_for_end()
    answer = page.words()
    assert "tokens/s" in page.text(".figures")[0]
    assert page.find("send").is_displayed() and not page.find("stop").is_displayed()
    page.driver.refresh()
    page.wait_for_end()
    assert page.words() == answer
    assert page.text(".asked .words") == ["Say hello in three sentences."]
    assert len(page.all("#conversations button")) == 1


def test_stop_ends_the_answer_and_keeps_what_was_written(browser):
    page = browser()
    page.open()
    page.ask(LONG)
    page.wait_for_words()
    page.find("stop").click()
    page.wait_for_end()
    assert page.text(".remark") == ["Respuesta detenida."]
    assert page.words().strip()
    # SARAi is free again: the next question is answered.
    page.ask("Say yes.")
    page.wait_for_end(2)


def test_escape_stops_before_the_first_word_too(browser):
    page = browser()
    page.open()
    page.ask(LONG)
    page.until(lambda: page.all(".writing"))
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.all(".writing"))
    page.until(page.find("send").is_displayed)


def test_markdown_is_drawn_and_nothing_of_it_is_alive(browser):
    page = browser()
    page.open()
    page.keep(("user", ATTACK), ("assistant", MARKDOWN))
    page.until(lambda: page.all(".block table"))
    assert page.text(".block h4") == ["Título"]
    assert page.text(".block strong") == ["negrita"]
    assert page.text(".block td") == ["1", "2"]
    assert page.text(".code-head span") == ["python"]
    links = page.run("return [...document.querySelectorAll('.block a')].map((a) => [a.href, a.rel, a.target])")
    assert links == [["https://example.com/", "noopener noreferrer nofollow", "_blank"]]
    assert "<b onclick=alert(1)>crudo</b>" in page.words()
    assert page.text(".asked .words") == [ATTACK]
    assert page.all("#talk img, #talk script, #talk [onclick], #talk [onerror], #talk [style]") == []
    assert "broken in" not in page.driver.title


def test_an_attack_in_a_question_is_text(browser):
    page = browser()
    page.open()
    page.ask(ATTACK)
    page.cut_short()
    assert page.text(".asked .words") == [ATTACK]
    assert page.all("#talk img, #talk script") == []
    assert page.driver.title.startswith("<img")


def test_the_language_switches_and_is_remembered(browser):
    page = browser(language="es")
    page.open()
    assert page.run("return document.documentElement.lang") == "es"
    assert page.text(".welcome-line") == ["¿En qué te ayudo?"]
    page.find("language").click()
    assert page.text(".welcome-line") == ["How can I help?"]
    page.driver.refresh()
    page.until(lambda: page.text(".welcome-line") == ["How can I help?"])
    assert page.run("return document.documentElement.lang") == "en"
    english = browser(language="en")
    english.open()
    assert english.text(".welcome-line") == ["How can I help?"]


def test_a_phone_needs_no_sideways_scrolling(browser):
    page = browser(size=(360, 740))
    page.open()
    wide = "| " + " | ".join("columna" * 3 for _ in range(9)) + " |\n|" + "---|" * 9
    long_word = "palabra" * 40
    page.keep(("user", long_word), ("assistant", f"{MARKDOWN}\n{wide}\n\n{long_word}\n\n```\n{long_word}\n```"))
    page.until(lambda: page.all(".block table"))
    size = page.run("return [document.documentElement.scrollWidth, innerWidth, document.body.scrollWidth]")
    assert size == [360, 360, 360]
    outside = page.run(
        "return [...document.querySelectorAll('#room *')].filter((e) => !e.closest('pre, table') && !e.closest('svg')"
        " && e.getBoundingClientRect().right > 361).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert outside == []
    assert page.run("return document.getElementById('side').inert") is True
    page.find("side-open").click()
    assert page.run("return document.activeElement.id") == "side-close"
    page.press(Keys.ESCAPE)
    assert page.run("return [document.getElementById('side').inert, document.activeElement.id]") == [True, "side-open"]


def brightness(page):
    colour = page.run("return getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(", "))


def test_dark_follows_the_system_until_the_person_chooses(browser):
    page = browser()
    for scheme, is_dark in [("dark", True), ("light", False)]:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        page.open()
        assert (brightness(page) < 200) == is_dark
    page.find("theme").click()
    page.find("theme").click()
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    assert brightness(page) < 200
    page.driver.refresh()
    assert brightness(page) < 200


def test_everything_goes_by_keyboard(browser):
    page = browser()
    page.open()
    # The question has the focus; Shift+Enter breaks the line, Enter sends.
    page.press("one")
    page.press(Keys.SHIFT, Keys.ENTER)
    page.press("two")
    assert page.find("question").get_attribute("value") == "one\ntwo"
    page.press(Keys.ENTER)
    page.cut_short()
    assert page.text(".asked .words") == ["one\ntwo"]
    # The arrow up edits the last question, Enter asks it again.
    page.press(Keys.ARROW_UP)
    page.until(lambda: page.all(".edit textarea"))
    page.press(Keys.CONTROL, "a")
    page.press("three", Keys.ENTER)
    page.cut_short()
    assert page.text(".asked .words") == ["three"]
    assert len(page.all(".answered")) == 1
    # The slash goes to the question from anywhere.
    page.find("theme").send_keys("/")
    assert page.run("return document.activeElement.id") == "question"
    assert page.find("question").get_attribute("value") == ""
    # Whatever can be pressed has a name and can be reached.
    nameless = page.run(
        "return [...document.querySelectorAll('button, input, textarea, a[href]')]"
        ".filter((e) => e.checkVisibility() && !(e.innerText || e.ariaLabel || e.labels?.length)).length"
    )
    assert nameless == 0
    assert page.run("return document.querySelectorAll('[tabindex]:not([tabindex=\"0\"]):not(#scroll)').length") == 0


def test_conversations_are_renamed_exported_and_deleted(browser):
    page = browser()
    page.open()
    page.keep(("user", "hola"), ("assistant", "buenas"))
    page.find("rename").click()
    page.press(Keys.CONTROL, "a")
    page.press("Saludos", Keys.ENTER)
    page.until(lambda: page.text("#conversations button") == ["Saludos"])
    assert page.find("title").text == "Saludos"
    page.run(
        "URL.createObjectURL = (blob) => { blob.text().then((text) => (window.saved = text)); return 'data:,' };"
        "HTMLAnchorElement.prototype.click = () => {};"
    )
    page.find("export").click()
    page.until(lambda: page.run("return window.saved"))
    assert page.run("return window.saved") == "# Saludos\n\n## Tú\n\nhola\n\n## SARAi\n\nbuenas\n"
    page.find("delete").click()
    page.until(page.find("dialog").is_displayed)
    page.press(Keys.ENTER)
    assert page.text("#conversations button") == ["Saludos"], "the dialog opens on Cancel"
    page.find("delete").click()
    page.all("#dialog .danger-button")[0].click()
    page.until(lambda: page.all("#conversations button") == [])
    assert page.run("return Object.keys(localStorage).filter((key) => key.startsWith('sarai.talk'))") == []
    assert page.find("welcome").is_displayed()


def test_the_memory_is_looked_through_corrected_forgotten_and_left_out(browser):
    page = browser()
    page.open()

    def facts():
        return page.text(".facts .fact-words p:first-child")

    def ask(text):
        count = len(page.all(".answered"))
        page.ask(text)
        page.until(lambda: len(page.all(".answered")) == count + 1 and not page.all(".writing"), ANSWER_S)

    # A small model may talk for minutes, so it is told by the API, which can be made to be brief.
    status, told = page.sarai.chat("Mi tortuga se llama Casilda", max_tokens=2)
    assert status == 200 and told["sarai"]["memory"]["stored"], told
    ask("¿Cómo se llama mi tortuga?")
    assert "Casilda" in page.text(".answered .words")[-1] and page.text(".figures")[-1] == "De memoria"

    page.find("memory").click()
    page.until(lambda: "Casilda es tu tortuga." in facts())
    assert "«Mi tortuga se llama Casilda»" in "".join(page.text(".facts .quiet"))
    page.press("casilda", Keys.ENTER)
    page.until(lambda: facts() and all("Casilda" in fact for fact in facts()))

    def press_button_of(text, number):
        page.run(
            "[...document.querySelectorAll('.facts li')].find((item) => item.innerText.includes(arguments[0]))"
            ".querySelectorAll('button')[arguments[1]].click()",
            text,
            number,
        )

    press_button_of("es tu tortuga", 0)
    page.until(lambda: page.all("#dialog input[type=text]"))
    page.press(Keys.CONTROL, "a")
    page.press("Clotilde", Keys.ENTER)
    page.until(lambda: "Clotilde es tu tortuga." in facts())

    page.find("memory-here").click()
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.find("dialog").is_displayed())
    page.ask("¿Cómo se llama mi tortuga?")
    page.until(lambda: len(page.all(".answered")) == 2 and page.text(".answered .words")[-1], ANSWER_S)
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.all(".writing"), ANSWER_S)
    assert page.text(".figures").count("De memoria") == 1

    page.find("memory").click()
    page.until(lambda: "Clotilde es tu tortuga." in facts())
    press_button_of("es tu tortuga", 1)
    page.until(lambda: page.text("#dialog-title") == ["¿Olvidar para siempre? «Clotilde es tu tortuga.»"])
    page.all("#dialog .danger-button")[0].click()
    page.until(lambda: page.text("#dialog-title") == ["Lo que recuerdo de ti"])
    page.until(lambda: "Clotilde es tu tortuga." not in facts())


def test_rules_are_made_in_words_paused_explained_and_removed(browser):
    page = browser()
    page.open()
    loop = page.sarai.start("loop")

    def press(rule, label):
        page.run(
            "document.querySelector(`[data-rule='${arguments[0]}'] [aria-label='${arguments[1]}']`).click()", rule, label
        )

    def shown(rule):
        return "\n".join(page.text(f"[data-rule='{rule}'] .entry-words"))

    try:
        page.find("rules").click()
        page.until(lambda: page.all("[data-rule='backup']"))
        assert not page.all("[data-rule='backup'] [aria-label='Quitar']"), "a rule of the file is changed in the file"

        # Words that mean two things are asked about; words that mean none are told so.
        page.press("recuérdame el 31 de cada mes el pan", Keys.ENTER)
        page.until(lambda: len(page.all(".proposals .main-button")) > 1)
        page.press(Keys.CONTROL, "a")
        page.press("hola", Keys.ENTER)
        page.until(lambda: page.all(".proposals p") and not page.all(".proposals .main-button"))
        page.press(Keys.CONTROL, "a")
        page.press("avísame cada lunes a las nueve de regar <b>las plantas</b>", Keys.ENTER)
        page.until(lambda: "cada lunes a las 9:00" in "".join(page.text(".proposals .entry-words")))
        page.all(".proposals .main-button")[0].click()
        page.until(lambda: page.all("[aria-label='Pausar']"))
        [rule] = page.run("return [...document.querySelectorAll('[data-rule]')].map((item) => item.dataset.rule)"
                          ".filter((rule) => rule.startsWith('regar'))")
        assert "<b>las plantas</b>" in shown(rule) and "Próxima vez" in shown(rule)

        press(rule, "Decirla de otra manera")
        assert "cada lunes" in page.run("return document.activeElement.value"), "it begins with what was said"
        page.press(Keys.CONTROL, "a")
        page.press("avísame cada martes a las diez de regar <b>las plantas</b>", Keys.ENTER)
        page.until(lambda: page.text(".proposals .main-button") == ["Cambiar por esta"])
        page.all(".proposals .main-button")[0].click()
        page.until(lambda: "cada martes a las 10:00" in shown(rule))
        press(rule, "Pausar")
        page.until(lambda: "En pausa" in shown(rule))
        press(rule, "Reanudar")
        page.until(lambda: "Próxima vez" in shown(rule))
        press(rule, "Hacerlo ya")
        page.until(lambda: page.all("#news .news-card"))
        press(rule, "Por qué ha actuado o no")
        page.until(lambda: "Lo pediste tú" in "".join(page.text("#dialog .entries")))
        page.press(Keys.ESCAPE)
        page.until(lambda: "Última vez" in shown(rule))
        press(rule, "Quitar")
        page.until(lambda: page.all("#dialog .danger-button"))
        page.all("#dialog .danger-button")[0].click()
        page.until(lambda: page.all("[data-rule='backup']") and not shown(rule))
    finally:
        loop.terminate()
        loop.wait(10)


def test_what_was_read_when_idle_is_accepted_and_dropped(browser):
    page = browser()
    page.open()
    talk = "Me tiene enganchado la novela negra"
    assert page.sarai.chat(talk, max_tokens=2)[0] == 200
    suggest(page.sarai, "novela negra", talk)
    suggest(page.sarai, "novela", talk)

    suggested = lambda: page.text(".suggestions .fact-words p:first-child")
    page.find("memory").click()
    page.until(lambda: suggested() == ["Te gusta: novela negra.", "Te gusta: novela."])
    assert page.text(".suggestions .quiet") == [f"Lo dijiste así: «{talk}»"] * 2
    page.all(".suggestions button[data-label=page-memory-accept]")[0].click()
    page.until(lambda: suggested() == ["Te gusta: novela."])
    page.until(lambda: "Te gusta: novela negra." in page.text(".facts:not(.suggestions) .fact-words p:first-child"))
    page.all(".suggestions button[data-label=page-memory-drop]")[0].click()
    page.until(lambda: not page.all(".suggestions li") and not page.all("section.suggested:not([hidden])"))
    assert page.sarai.request("POST", "/v1/memory", {"suggestions": {}})[1] == {"suggestions": []}
    assert page.sarai.request("POST", "/v1/memory", {"forget": {"words": "novela"}})[0] == 200


def test_a_message_of_a_rule_is_a_card_until_it_is_seen(browser):
    page = browser()
    page.open()
    loop = page.sarai.start("loop")
    try:
        added = page.sarai.run("rules", "add", "--yes", "avísame en 2 segundos de regar <b>las plantas</b>")
        assert added.returncode == 0, added
        page.until(lambda: page.text("#news .news-text") == ["regar <b>las plantas</b>"])
        assert page.find("news").is_displayed()
        [seen, dismiss] = page.all("#news .news-buttons button")
        assert [seen.text, dismiss.text] == ["Entendido", "Descartar"]
        dismiss.click()
        page.until(lambda: not page.all("#news .news-card") and not page.find("news").is_displayed())
        log = "rules", "log", "--json"
        page.until(lambda: "put_away" in [row["word"] for row in json.loads(page.sarai.run(*log).stdout)])
        assert page.problems() == []
    finally:
        loop.terminate()
        loop.wait()
