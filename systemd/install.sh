#!/usr/bin/env bash
# Installs or upgrades the service on this machine. Safe to run again: what is there stays, and no
# file of the config is ever overwritten. Started by `make install`, as root.
#
#   install.sh PYTHON        the Python (3.11 or newer) that the service will run on
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:?usage: install.sh PYTHON}
home=/opt/assurance
config=/etc/assurance
state=/var/lib/assurance
units=/etc/systemd/system

if [ "$(id -u)" != 0 ]; then
    echo "Installing needs root: sudo make install" >&2
    exit 77
fi
running() { [ -d /run/systemd/system ]; }
# The service sees no home folders: a Python that lies in one is of no use to it.
case $(readlink -f "$python") in
/root/* | /home/*)
    python=/usr/bin/python3
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "A Python 3.11 or newer outside of home folders is needed: apt-get install python3" >&2
        exit 69
    fi
    ;;
esac

echo "The user assurance …"
getent group assurance >/dev/null || groupadd --system assurance
getent passwd assurance >/dev/null || useradd --system --gid assurance --home-dir "$state" \
    --no-create-home --shell /usr/sbin/nologin assurance

echo "The software in $home …"
# A new environment is built beside the old one and takes its place whole: a failure half-way
# leaves what runs as it is, and the one before is kept for going back.
"$python" -c 'import ensurepip' 2>/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$("$python" -c \
        'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
}
mkdir -p "$home.versions"
fresh=$home.versions/$(date -u +%Y%m%dT%H%M%SZ)
"$python" -m venv "$fresh"
"$fresh/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt pip
"$fresh/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt .
"$fresh/bin/python" -m compileall -q "$fresh/lib" >/dev/null || true

echo "The config in $config …"
install -d -m 0755 "$config"
install -d -m 0700 "$config/secrets"
for file in "$fresh"/share/assurance/config/*; do
    [ -e "$config/$(basename "$file")" ] || cp -r "$file" "$config/"
done
if grep -q '^state = ""$' "$config/daemon.toml"; then
    sed -i "s|^state = \"\"$|state = \"$state\"|" "$config/daemon.toml"
fi
install -d -o assurance -g assurance -m 0700 "$state"

active=
if running && systemctl is-active --quiet assurance; then
    active=yes
    echo "Stopping the service …"
    systemctl stop assurance assurance-desk
fi
. systemd/as-service.sh
if has_database; then
    echo "Backing up the database …"
    # Only the new version is sure to have the command; it copies what it cannot read yet, too.
    as_service "$fresh" backup "$state/backup-before-$(basename "$fresh")" || {
        echo "Without a back-up nothing is changed; the version before goes on." >&2
        [ -z "$active" ] || systemctl start assurance
        exit 73
    }
fi

# One link decides which version runs.
if [ -d "$home" ] && [ ! -L "$home" ]; then
    mv "$home" "$home.versions/before-$(basename "$fresh")"
fi
ln -sfn "$fresh" "$home.next"
mv -T "$home.next" "$home"
if has_database; then
    echo "Upgrading the database …"
    as_service "$home" db upgrade
fi
echo "Learning the model, where none of this version is there …"
as_service "$home" learn --if-needed >/dev/null

echo "The units …"
for unit in assurance.service assurance-desk.service; do
    install -m 0644 "systemd/$unit" "$units/$unit"
done
install -m 0755 systemd/assurance /usr/local/bin/assurance
if running; then
    systemctl daemon-reload
    if [ -n "$active" ]; then
        echo "Starting the service again …"
        systemctl start assurance
        if systemctl is-enabled --quiet assurance-desk 2>/dev/null; then
            systemctl start assurance-desk
        fi
    fi
fi
# Two versions before this one are kept.
find "$home.versions" -mindepth 1 -maxdepth 1 -type d | sort | head -n -3 | xargs -r rm -rf

cat <<END

Installed. Next:
  1. Edit the files in $config: office.toml, inboxes.toml, outlets.toml, teams.toml.
  2. Lay each secret into a file of its own: install -m 0600 FILE $config/secrets/NAME
  3. assurance check, then assurance connect for each inbox and outlet.
  4. systemctl enable --now assurance assurance-desk
  5. assurance status
END
