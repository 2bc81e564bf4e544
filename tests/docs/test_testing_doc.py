"""docs/testing.md: a merchant's first five tests, in the quickstart's project, as written."""

from __future__ import annotations

from pathlib import Path

from tests.docs import page, project

TESTING = project.DOCS / "testing.md"


def test_the_first_five_tests_pass_in_the_quickstarts_project(tmp_path: Path) -> None:
    with project.newcomer(tmp_path) as reader:
        for block in page.blocks(project.DOCS / "quickstart.md"):
            if block.file or "Add to the end of" in block.lead or "startproject" in block.text:
                reader.take(block)
        reader.run_command("python manage.py makemigrations --verbosity 0 shop")
        for block in page.blocks(TESTING):
            if block.file or block.language in ("sh", "text"):
                reader.take(block)


def test_there_are_five_and_one() -> None:
    counted = {
        block.file: block.text.count("\ndef test_") for block in page.blocks(TESTING) if block.file.startswith("test_")
    }
    assert counted == {"test_payments.py": 5, "test_whole_way.py": 1}
