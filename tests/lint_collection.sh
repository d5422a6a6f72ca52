#!/usr/bin/env bash
# Runs the tools by which others judge a collection. None of them may have anything to say.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PATH=$here/.cache/lint/bin:$PATH
export HOME=$place/home
unset ANSIBLE_CONFIG ANSIBLE_COLLECTIONS_PATH
mkdir "$HOME"

# Runs a command that has to end well and print no word of a warning; what it printed is shown where it does not.
silent() {
    echo "   $1"
    shift
    if ! "$@" >"$place/said" 2>&1 || grep -qE 'WARNING|ERROR' "$place/said"; then
        cat "$place/said" >&2
        exit 1
    fi
}

cd "$here"
silent "yamllint" yamllint --strict .
silent "codespell" codespell
silent "reuse" reuse lint --quiet
silent "antsibull-changelog" antsibull-changelog lint
silent "workflows" check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
silent "issue forms" check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
silent "issue settings" check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
silent "dependabot" check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

# A copy of what git knows, at a path as Ansible wants it.
source=$place/ansible_collections/avshift/endpoint
mkdir -p "$source"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$source"
silent "antsibull-docs" antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all \
    --disallow-unknown-collection-refs "$source"

silent "ansible-builder" ansible-builder introspect --sanitize "$place"
if ! diff "$here/tests/ee_requirements.txt" <(grep -Ev '^(#|$)' "$place/said") >&2; then
    echo "An execution environment would be built with something else than tests/ee_requirements.txt names." >&2
    exit 1
fi

silent "ansible-galaxy" ansible-galaxy collection build --output-path "$place" "$source"
# As whoever builds the image does, up to the build itself, which needs a registry.
cp "$place"/avshift-endpoint-*.tar.gz "$source"
silent "ansible-builder create" ansible-builder create --file "$source/execution-environment.yml" --context "$place/image"
export GALAXY_IMPORTER_CONFIG=$here/tests/galaxy-importer.cfg
cd "$place"
silent "galaxy-importer" python3 -m galaxy_importer.main "$place"/avshift-endpoint-*.tar.gz
