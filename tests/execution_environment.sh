#!/usr/bin/env bash
# Builds the image that execution-environment.yml describes, of what git knows, and runs the playbook detect in it on itself.
# Its base image comes from a registry.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
lint=$here/.cache/lint/bin
image=localhost/avshift-ee:check
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

mkdir "$place/source" "$place/runner"
(cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$place/source")
"$lint/ansible-galaxy" collection build --output-path "$place/source" "$place/source" >/dev/null
"$lint/ansible-builder" build --container-runtime podman --tag "$image" --verbosity 2 \
    --file "$place/source/execution-environment.yml" --context "$place/context"
# As root, as a job on a host is: what an image's own user cannot read would be unknown.
podman run --rm --user 0 --volume "$place/runner:/runner:Z" --workdir /runner "$image" \
    ansible-playbook -i localhost, -e ansible_connection=local -e ansible_python_interpreter=/usr/bin/python3 \
    avshift.endpoint.detect
python3 - "$place/runner/avshift/detect/localhost.json" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as stream:
    verdict = json.load(stream)["verdict"]
# Nothing of Kaspersky's is in an image of CentOS.
if verdict not in ("never_present", "unknown"):
    sys.exit(f"Running the execution environment: its own record: the verdict is {verdict}. Look at what was found.")
print(f"The image was built, and detect ran in it: {verdict}.")
END
