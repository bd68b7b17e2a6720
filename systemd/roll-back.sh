#!/usr/bin/env bash
# Goes back to the version that was installed before this one. Started by `make rollback`, as root.
# The database goes back with it, in place: what came in since the upgrade is kept.
set -euo pipefail

home=/opt/assurance
config=/etc/assurance
state=/var/lib/assurance

if [ "$(id -u)" != 0 ]; then
    echo "Going back needs root: sudo make rollback" >&2
    exit 77
fi
now=$(readlink -f "$home")
before=$(find "$home.versions" -mindepth 1 -maxdepth 1 -type d ! -path "$now" | sort | tail -n 1)
if [ -z "$before" ]; then
    echo "No earlier version is kept in $home.versions." >&2
    exit 66
fi
as_service() { runuser -u assurance -- "$now/bin/assurance" "$@" --config "$config"; }

if [ -d /run/systemd/system ]; then
    systemctl stop assurance assurance-desk
fi
# What the earlier version expects, it knows itself.
schema=$("$before/bin/python" -c 'from daemon.store import migrate; print(migrate.head())')
if [ -f "$state/assurance.db" ] || grep -q '^url = "postgresql' "$config/daemon.toml"; then
    as_service backup "$state/backup-before-going-back-$(date -u +%Y%m%dT%H%M%SZ)"
    as_service db downgrade "$schema"
fi
ln -sfn "$before" "$home.next"
mv -T "$home.next" "$home"
for unit in assurance.service assurance-desk.service; do
    [ ! -f "$before/share/assurance/systemd/$unit" ] ||
        install -m 0644 "$before/share/assurance/systemd/$unit" "/etc/systemd/system/$unit"
done
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl start assurance
fi
echo "Version $("$before/bin/python" -c \
    'from importlib.metadata import version; print(version("assurance"))') runs again."
echo "If its config knows fewer keys, assurance check names those to take out."
