#!/usr/bin/env bash
# Goes back to the version that was installed before this one. Started by `make rollback`, as root.
# The database goes back with it, in place: what came in since the upgrade is kept.
set -euo pipefail

home=/opt/assurance
state=/var/lib/assurance

if [ "$(id -u)" != 0 ]; then
    echo "Going back needs root: sudo make rollback" >&2
    exit 77
fi
now=$(readlink -f "$home")
before=$(find "$home.versions" -mindepth 1 -maxdepth 1 -type d -name '2*' ! -path "$now" |
    sort | tail -n 1)
if [ -z "$before" ]; then
    echo "No earlier version is kept in $home.versions." >&2
    exit 66
fi
cd "$(dirname "$0")/.."
. systemd/as-service.sh

if [ -d /run/systemd/system ]; then
    systemctl stop assurance assurance-desk
fi
# What the earlier version expects, it knows itself.
schema=$("$before/bin/python" -I -c 'from daemon.store import migrate; print(migrate.head())')
if has_database; then
    as_service "$now" backup "$state/backup-before-going-back-$(date -u +%Y%m%dT%H%M%SZ)"
    as_service "$now" db downgrade "$schema"
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
echo "Version $("$before/bin/python" -I -c \
    'from importlib.metadata import version; print(version("assurance"))') runs again."
echo "If its config knows fewer keys, assurance check names those to take out."
