"""The fixes that attacks rest on: each is removed in a copy, and then the attack has to succeed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In ``file`` the text ``held``, which is there once, becomes ``broken``; then ``attack`` has to fail."""

    attack: str
    file: str
    held: str
    broken: str


ENGINE = "plugins/plugin_utils/"
CONTROLLER = (
    Mutation(
        "template-in-servicenow",
        f"{ENGINE}report/escape.py",
        'return OPENING.sub("{ ", text)',
        "return text",
    ),
    Mutation(
        "windows-answer-that-breaks-its-form",
        f"{ENGINE}transport/windows.py",
        'if not answer.get("administrator", False):',
        "if False:",
    ),
    Mutation("template-in-a-document", f"{ENGINE}report/plan/change_form.py", "_no_templates(content)}", "content}"),
    Mutation(
        "fuzz-any-json",
        f"{ENGINE}schema/answers.py",
        'f"$defs/{call}")\n    if found:',
        'f"$defs/{call}")\n    if not found:',
    ),
    Mutation(
        "failure-that-acts",
        f"{ENGINE}transport/adapter.py",
        'visible(without(result["msg"], self.secrets), LONGEST_MESSAGE)',
        'str(result["msg"])',
    ),
    Mutation(
        "plan-record-replaced",
        f"{ENGINE}record/records.py",
        "if sha256 and hashlib.sha256(content).hexdigest() != sha256:",
        "if False:",
    ),
    Mutation(
        "result-of-a-run-replaced",
        f"{ENGINE}apart.py",
        'if kept["host"] != host:',
        "if False:",
    ),
    Mutation(
        "approval-taken-away", f"{ENGINE}approval/granted.py", "if whole.get(document.NEEDS_APPROVAL):", "if False:"
    ),
    Mutation(
        "approval-taken-away-from-where-it-was-named",
        "plugins/action/migration_approve.py",
        "needs = granted.is_beside(",
        "needs = not options['output'] and granted.is_beside(",
    ),
    Mutation(
        "shown-otherwise-than-approved",
        f"{ENGINE}approval/approval_document.py",
        'if approval["plan_checksum"] != document["checksum"]:',
        "if False:",
    ),
    Mutation(
        "approval-in-another-time",
        f"{ENGINE}approval/approval_document.py",
        "if is_after(time, now, SKEW):",
        "if False:",
    ),
    Mutation("machine-of-the-same-name", f"{ENGINE}approval/judge.py", "if not was or was == now:", "if True:"),
    Mutation("drift-behind-an-interruption", f"{ENGINE}approval/judge.py", "and not beyond:", "or False:"),
    Mutation(
        "drift-of-a-known-product-behind-an-interruption",
        f"{ENGINE}approval/resumption.py",
        "if not known.has_seen([reason]) and not known.causes(reason, is_left):",
        "if False:",
    ),
    Mutation("reader-of-a-shared-folder", f"{ENGINE}documents.py", "= 0o600, 0o700", "= 0o644, 0o755"),
    Mutation("draft-that-stays", f"{ENGINE}documents.py", "draft.unlink(missing_ok=True)", "draft.exists()"),
    Mutation(
        "redacted-taken-for-whole",
        f"{ENGINE}record/records.py",
        'redacted.refuse(record, "Reading records", str(path))',
        "pass",
    ),
    Mutation(
        "redacted-text",
        f"{ENGINE}report/redact/redactor.py",
        "is_known = word.casefold() in self._words and not HEX.fullmatch(word)",
        "is_known = True",
    ),
    Mutation(
        "odd-file-among-records",
        f"{ENGINE}record/records.py",
        "except (OSError, ValueError, RecursionError) as error:",
        "except OSError as error:",
    ),
    Mutation("link-into-a-shared-folder", f"{ENGINE}catalog/site.py", "if mode & stat.S_IWOTH or above:", "if False:"),
    Mutation("entry-that-is-passed-over", f"{ENGINE}catalog/site.py", "path.suffix.lower() in ENDINGS", "False"),
    Mutation(
        "yaml-that-acts",
        f"{ENGINE}yaml_text.py",
        "class _Typed(_Shallow, yaml.SafeLoader):",
        "class _Typed(_Shallow, yaml.CSafeLoader):",
    ),
    Mutation("console-of-another", f"{ENGINE}record/console.py", "and provider == self.provider ", ""),
    Mutation("console-with-two-hosts", f"{ENGINE}yaml_text.py", "if key.value in seen:", "if False:"),
    Mutation(
        "record-outside-its-folder", f"{ENGINE}record/records.py", "if len(name) > LONGEST_NAME or", "if False or"
    ),
)
MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "planted-imports",
        "plugins/module_utils/start.py",
        "    unlink_own_file()\n    trust_no_directory()\n",
        "    unlink_own_file()\n",
    ),
    Mutation(
        "module-file-left",
        "plugins/module_utils/start.py",
        "    unlink_own_file()\n    trust_no_directory()\n",
        "    trust_no_directory()\n",
    ),
    Mutation(
        "python-of-another-age",
        "plugins/module_utils/start.py",
        "    refusal = why_not(given)\n",
        "    refusal = None\n",
    ),
    Mutation(
        "not-root",
        "plugins/module_utils/start.py",
        'if given["as_root"] and os.geteuid() != 0:',
        "if os.geteuid() < 0:",
    ),
    Mutation(
        "interpreter-never-answers",
        "plugins/plugin_utils/transport/adapter.py",
        "        except TIMED_OUT:\n",
        "        except limits.OverdueError:\n",
    ),
    Mutation(
        "installer-exchanged",
        "plugins/module_utils/apply/packages/kit_install.py",
        '    with kit_file.copied(target["path"], target["sha256"], is_run) as copy:\n',
        '    copy = kit_file.describe(target["path"]) and target["path"]\n    if copy:\n',
    ),
    Mutation(
        "installer-in-reach",
        "plugins/module_utils/posix/files/kit_file.py",
        '    if found is not None and found["replaceable"]:\n',
        "    if found is None and path is None:\n",
    ),
    Mutation(
        "terminal-goes",
        "plugins/module_utils/apply/main.py",
        "    return outlive.answer_of(lambda: main(arguments, check_mode))\n",
        "    return main(arguments, check_mode)\n",
    ),
    Mutation(
        "worker-killed",
        "plugins/module_utils/posix/running/commands.py",
        "        stdout=files[1],\n",
        "        stdout=subprocess.PIPE,\n",
    ),
    Mutation(
        "fault-after-handover",
        "plugins/module_utils/apply/runner.py",
        "    except Exception as error:\n        # Expected or not, every error leads to the same rollback.\n",
        "    except (EndpointError, OSError, ValueError) as error:\n",
    ),
    Mutation(
        "journal-damaged",
        "plugins/module_utils/apply/handover/handover.py",
        "    except Exception:\n        return Old.stopped(old, None, is_unknown=True)\n",
        "    except KeyError:\n        return Old.stopped(old, None, is_unknown=True)\n",
    ),
    Mutation(
        "home-made-unremovable",
        "plugins/module_utils/apply/in_homes.py",
        "    return is_one(step) and not isinstance(error, CutOff)\n",
        "    return False\n",
    ),
    Mutation(
        "home-not-archived",
        "plugins/module_utils/apply/in_homes.py",
        "    _refuse_unretained(step, earlier)\n",
        "",
    ),
    Mutation(
        "homes-that-all-hang",
        "plugins/module_utils/apply/in_homes.py",
        "    if len(hung) >= MOST_HUNG:\n        raise",
        "    if len(hung) < 0:\n        raise",
    ),
    Mutation(
        "database-exchanged",
        "plugins/module_utils/posix/running/one_user.py",
        "        os.setresuid(self._user, self._user, self._user)\n",
        "",
    ),
    Mutation(
        "database-that-works",
        "plugins/module_utils/linux/plain_sqlite.py",
        "known.SQLITE_OK if source is None and is_allowed else known.SQLITE_DENY",
        "known.SQLITE_OK",
    ),
    Mutation(
        "file-exchanged-while-edited",
        "plugins/module_utils/posix/files/file_replace.py",
        "            if not is_file or (before is not None and source.read(LIMIT + 1) != before):\n",
        "            if not is_file:\n",
    ),
    Mutation(
        "token-draft-left",
        "plugins/module_utils/apply/handover/enrol.py",
        "    safe_write.write_secret(path, text, SECRET_MODE)\n",
        "    safe_write.write_text(path, text, SECRET_MODE)\n",
    ),
    Mutation(
        "number-of-another",
        "plugins/module_utils/linux/one_process.py",
        "        if not is_meant():\n            return False\n        _send(descriptor, sign)\n",
        "        _send(descriptor, sign)\n",
    ),
    Mutation(
        "clock-set",
        "plugins/module_utils/posix/running/moments.py",
        "        passed = later.since_boot - self.since_boot\n",
        "        passed = max(later.wall - self.wall, 0.0)\n",
    ),
    Mutation(
        "run-between-parts",
        "plugins/module_utils/posix/own/run_lock.py",
        "        _refuse_another(left, run or {})\n",
        "",
    ),
    Mutation(
        "dead-holder",
        "plugins/module_utils/posix/own/run_lock.py",
        "        lease = Lease(_taken_over(process, left, run or {}))\n",
        '        lease = Lease("")\n',
    ),
    Mutation(
        "two-controllers",
        "plugins/module_utils/posix/own/run_lock.py",
        "                raise _at_work(*noted)\n",
        "                return\n",
    ),
    Mutation(
        "silence-hides-a-finding",
        "plugins/plugin_utils/record/records.py",
        "    if path.exists() and answered(read_one(path)[0]):\n",
        "    if path.exists() and not answered(read_one(path)[0]):\n",
    ),
    Mutation(
        "silence-loses-a-change",
        "plugins/plugin_utils/record/runs.py",
        'if plan is not None else record["mode"] != "migrate":',
        "if plan is not None else True:",
    ),
    Mutation(
        "pilot-slips-the-gate",
        "plugins/plugin_utils/rollout/gates.py",
        "    clean, open_ones = _of(hosts, DONE), ",
        "    clean, open_ones = _of(hosts, DONE, FAILED), ",
    ),
    Mutation(
        "half-reached-host-goes-on",
        "plugins/plugin_utils/carry_out/parts.py",
        '    if (before or {}).get("unreachable"):\n',
        '    if (before or {}).get("lost"):\n',
    ),
    Mutation(
        "silence-reads-as-clean",
        "plugins/plugin_utils/report/detection.py",
        "    if not whole:\n",
        "    if whole < 0:\n",
    ),
    Mutation(
        "on-access-stopped",
        "plugins/plugin_utils/catalog/data/providers/clamav.yml",
        'enabled/inactive | enabled/failed) bring_back start "was stopped" ;;',
        "enabled/inactive | enabled/failed) ;;",
    ),
    *CONTROLLER,
    Mutation(
        "another-system-as-a-root",
        "plugins/module_utils/collect/roots.py",
        "    if strange:\n",
        "    if strange and look.live:\n",
    ),
    Mutation(
        "database-hidden",
        "plugins/module_utils/collect/roots.py",
        "    missing = _missing(look)\n",
        '    missing = ""\n',
    ),
    Mutation(
        "start-file-is-no-file",
        "plugins/module_utils/collect/lines/mentions.py",
        '                    yield _limit(file, item["unknown"]) if "unknown" in item else item\n',
        "                    yield item\n",
    ),
    Mutation(
        "domain-look-alike",
        "plugins/plugin_utils/detect/domains.py",
        'if wanted == domain or wanted.endswith(f".{domain}")]',
        "if domain in wanted]",
    ),
    Mutation(
        "two-names",
        "plugins/plugin_utils/platforms/linux/strays.py",
        'if kind == "path" and "same_as" in value:',
        'if kind == "path" and "same_as" in item:',
    ),
)
