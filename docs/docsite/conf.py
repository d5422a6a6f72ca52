"""How Sphinx makes the site. Nothing in it is loaded from elsewhere, to build it or to read it."""

import pathlib

import yaml

HOME = pathlib.Path(__file__).resolve().parents[2]
_galaxy = yaml.safe_load((HOME / "galaxy.yml").read_text(encoding="utf-8"))

project = "avshift.endpoint"
project_copyright = "avshift contributors"
version = release = _galaxy["version"]
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
root_doc = "index"
exclude_patterns = ["examples/**"]
html_theme = "sphinx_ansible_theme"
html_title = f"{project} {version}"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"topbar_links": {}, "documentation_home_url": "index.html", "display_version": True}
html_static_path: list[str] = []
# Headings of guides are linked from other guides.
myst_heading_anchors = 4
myst_links_external_new_tab = False
# Code in languages that no lexer here knows is shown as it is.
suppress_warnings = ["misc.highlighting_failure", "config.cache"]
highlight_language = "none"
# Labels of Ansible's own site, which the generated reference points to, have stand-ins in ansible.rst.
intersphinx_mapping: dict[str, tuple[str, None]] = {}
