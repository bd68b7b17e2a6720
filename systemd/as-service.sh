# For install.sh and roll-back.sh: running commands as the service's user, with its secrets.
# shellcheck shell=bash

# The secrets may belong to root alone. The service is given them by systemd; here, where systemd may
# not even run, a copy that goes when the script ends.
secrets=$(mktemp -d /run/assurance-install.XXXXXX)
trap 'rm -rf "$secrets"' EXIT
for file in /etc/assurance/secrets/*; do
    [ -f "$file" ] && install -m 0400 -o assurance "$file" "$secrets/secrets_$(basename "$file")"
done
chown assurance "$secrets"
chmod 0500 "$secrets"

# as_service ENVIRONMENT COMMAND…: run the command `assurance` of one installed version.
as_service() {
    local home=$1
    shift
    runuser -u assurance -- env CREDENTIALS_DIRECTORY="$secrets" \
        "$home/bin/assurance" "$@" --config /etc/assurance
}

# Whether there is a database that this version may have to change.
has_database() {
    [ -f /var/lib/assurance/assurance.db ] || grep -qs '^url = "postgresql' /etc/assurance/daemon.toml
}
