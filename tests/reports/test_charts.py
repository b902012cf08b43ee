"""Every chart alone: nothing to draw is said, and hostile text stays text."""

from xml.etree import ElementTree as ET

import pytest

from forepost import plugins
from reports import style

EVERY = plugins.names("reports.charts")


@pytest.mark.parametrize("name", EVERY)
def test_without_data_a_chart_says_that_nothing_was_measured(name: str) -> None:
    """An empty frame with words, never an empty axis that reads as zero."""
    chart = plugins.load("reports.charts", name)
    with style.house():
        axes = style.new_axes()
        chart.draw(axes, None, chart.Settings())
        svg = style.to_svg(style.figure_of(axes), "x-", name)

    assert "<desc>not measured: " in svg


def test_what_a_chart_says_is_text_in_its_description() -> None:
    """Letters are paths; a reader's software finds the words, escaped, in <desc>."""
    nasty = '$\\frac{1}{ <script> & "'
    with style.house():
        axes = style.new_axes()
        axes.set_title(nasty)
        axes.plot([0, 1], [1, 0], label=nasty)
        axes.legend()
        svg = style.to_svg(style.figure_of(axes), "x-", nasty)

    root = ET.fromstring(svg)  # noqa: S314 - our own chart
    assert root.attrib["aria-label"] == nasty
    assert root.findtext("{http://www.w3.org/2000/svg}desc") == nasty
    assert "<script" not in svg
    assert "style=" not in svg
    assert "<style" not in svg


def test_the_same_data_give_the_same_chart() -> None:
    """No date and no random id inside, so that two reports can be compared."""

    def made() -> str:
        with style.house():
            axes = style.new_axes()
            axes.plot([0, 1], [1, 0])
            return style.to_svg(style.figure_of(axes), "x-", "line")

    assert made() == made()
