#!/usr/bin/env bash
# Builds the tarball, looks into it, installs it in an empty place and calls its playbooks from there.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# From a copy of what git knows, so that nothing that lies about in a checkout can get in.
mkdir "$place/source"
(cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$place/source")
ansible-galaxy collection build --output-path "$place" "$place/source"
tarball=$(echo "$place"/avshift-endpoint-*.tar.gz)

unwanted=$(tar -tzf "$tarball" | grep -E '^(lab|tests|benchmarks|molecule|\.cache|\.venv|\.ci|\.config/molecule|inventories/lab)(/|$)' || true)
if [ -n "$unwanted" ]; then
    echo "Building the collection: $tarball: it holds what it should not: $unwanted. Name it in galaxy.yml." >&2
    exit 1
fi

mkdir "$place/elsewhere"
cd "$place/elsewhere"
ansible-galaxy collection install --offline -p "$place/collections" "$tarball"
export ANSIBLE_COLLECTIONS_PATH="$place/collections"
unset ANSIBLE_CONFIG
for playbook in plan approve migrate verify detect report redact pull rollout_go rollout_status rollout_stop; do
    ansible-playbook --syntax-check -i localhost, "avshift.endpoint.$playbook" >/dev/null
done
for module in "$here"/plugins/modules/*.py; do
    ansible-doc --type module "avshift.endpoint.$(basename "$module" .py)" >/dev/null
done
# With the folders alone that a packager keeps of a collection.
installed=$place/collections/ansible_collections/avshift/endpoint
find "$installed" -mindepth 1 -maxdepth 1 ! -name plugins ! -name roles ! -name playbooks ! -name meta -exec rm -r {} +
# A real run of the read-only part, against this very machine.
ansible-playbook -i localhost, -e ansible_connection=local -e 'ansible_python_interpreter={{ ansible_playbook_python }}' \
    -e avshift_provider=none -e avshift_become=false \
    avshift.endpoint.plan
test -s avshift/plan/plan.json
for name in json html md csv; do
    test -s "avshift/plan/plan.$name"
done
test -s avshift/plan/servicenow.yml
echo "The tarball is as it should be, and works outside the checkout."
