#!/bin/sh
# Runs every playbook on a root itself that has nothing but ansible-core: every_playbook.sh FOLDER, which gets what each
# printed. Prints a line for each: its name and its exit code.
set -u
folder=$1
mkdir -p "$folder"
cd "$folder" || exit 1
export ANSIBLE_COLLECTIONS_PATH=/avshift ANSIBLE_NOCOLOR=1
[ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
echo 'localhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3' >inventory

play() {
    name=$1
    shift
    ansible-playbook -i inventory -e avshift_provider=none -e avshift_become=false -e avshift_hosts=all \
        "avshift.endpoint.$name" "$@" >"$name.txt" 2>&1
    echo "$name $?"
}
play detect
play plan -e avshift_needs_approval=false
play approve -e avshift_approver=jane -e avshift_approve_reason=CHG1 -e avshift_approved_plan=avshift/plan/plan.json
play migrate -e avshift_approved_plan=avshift/plan/plan.json
play verify
play report -e avshift_records_dir=avshift/records -e avshift_report_dir=avshift/report
play redact -e avshift_redact_source=avshift/records -e avshift_redact_dir=avshift/redacted
play rollout_status -e avshift_approved_plan=avshift/plan/plan.json
play rollout_stop -e avshift_stop_reason=CHG2
play rollout_go
play pull -e avshift_approved_plan=avshift/plan/plan.json
