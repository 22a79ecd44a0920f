"""A tab of a real browser in front of a SARAi, for the tests that look at its page."""

import json
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ANSWER_S = 120
STEP_S = 15


class Page:
    """One tab of one browser that nobody used before."""

    def __init__(self, sarai, profile, language="es", size=(1280, 820)):
        self.sarai = sarai
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={profile}",
            f"--accept-lang={language}",
        ]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self):
        """Opens the page as the address in the terminal does, which pairs the browser."""
        self.driver.get(f"{self.sarai.url}/#code={self.code()}")
        self.until(lambda: self.find("status").get_attribute("data-state") == "ready")

    def code(self):
        """A fresh code, as the terminal shows it."""
        status, issued = self.sarai.request("GET", "/pair/new")
        assert status == 200, issued
        return issued["code"]

    def find(self, element_id):
        return self.driver.find_element(By.ID, element_id)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """What is shown, read at one moment: the page may redraw between two commands."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, seconds=STEP_S):
        wait = WebDriverWait(self.driver, seconds, 0.02, [NoSuchElementException, StaleElementReferenceException])
        return wait.until(lambda _: condition())

    def press(self, *keys):
        """Types into whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def ask(self, question):
        self.find("question").send_keys(question, Keys.ENTER)

    def words(self):
        return self.run("return [...document.querySelectorAll('.answered .words')].at(-1)?.innerText ?? ''")

    def wait_for_words(self):
        self.until(lambda: self.all(".writing .block") and self.words().strip(), ANSWER_S)

    def wait_for_end(self, count=1):
        self.until(lambda: len(self.all(".answered:not(.writing) .tools")) >= count, ANSWER_S)

    def cut_short(self):
        """Stops the one answer by Escape as soon as there is something of it: a small model may go on and on."""
        self.until(lambda: self.all(".answered .block") and self.words().strip(), ANSWER_S)
        self.press(Keys.ESCAPE)
        self.wait_for_end()

    def keep(self, *messages):
        """Puts a conversation where the browser keeps them, and opens the page anew."""
        talk = [{"role": role, "content": content} for role, content in messages]
        self.run(
            "localStorage.setItem('sarai.talk.kept', arguments[0]);"
            "localStorage.setItem('sarai.list', JSON.stringify([{ id: 'kept', title: 'Guardada', updated: 1 }]));",
            json.dumps(talk),
        )
        self.driver.refresh()
        self.until(lambda: len(self.all(".turn")) == len(messages))

    def problems(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def hosts(self):
        """Every host that the page asked for anything."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).netloc for url in urls if urlsplit(url).scheme in ("http", "https", "ws", "wss")}
