#!/bin/sh
# Makes a certificate authority, a certificate for the broker and one for each client, for trying things out.
# A plant has its own authority; use that one in production.
#   ./make-certificates.sh <folder> <broker-name> <client>…
set -eu
folder=$1 broker=$2
shift 2
mkdir -p "$folder"
cd "$folder"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "/CN=cell authority" \
  -addext "basicConstraints=critical,CA:TRUE" -keyout ca.key -out ca.crt 2>/dev/null
issue() { # name, extension
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\n' "$2" > "$1.ext"
  openssl x509 -req -days 365 -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -extfile "$1.ext" -out "$1.crt" 2>/dev/null
  rm -f "$1.csr" "$1.ext"
}
issue broker "subjectAltName=DNS:$broker,DNS:localhost,IP:127.0.0.1"
for client in "$@"; do issue "$client" "extendedKeyUsage=clientAuth"; done
