#!/bin/sh
# A Holdfast client with nothing but sh, sed, awk and curl.
#
#     sh examples/client.sh "slow 40"
#
# creates a session with the demo agent, sends the prompt, and shows its events as lines of JSON. It hangs up every
# second and reads on from its cursor: every event once, in order. Start a gateway first: npx holdfast up
set -eu

message=${1:-slow 40}
if [ "$(uname)" = Darwin ]; then usual="$HOME/Library/Application Support/Holdfast"; else usual=$HOME/.local/state/holdfast; fi
state=${HOLDFAST_HOME:-${XDG_STATE_HOME:+$XDG_STATE_HOME/holdfast}}
state=${state:-$usual}
[ -e "$state/gateway.json" ] || { echo "No gateway runs. Start one: npx holdfast up" >&2; exit 1; }
socket=$(sed -n 's/.*"socket": *"\([^"]*\)".*/\1/p' "$state/gateway.json")

gateway() { path=$1; shift; curl -fsN --unix-socket "$socket" "http://localhost$path" "$@"; }

# What a call is answered; a refusal, which says what to do, ends the script.
rpc() {
  answer=$(gateway /rpc -H 'Content-Type: application/json' -H 'Accept: application/json' \
    -d "{\"method\": \"$1\", \"params\": $2}")
  case $answer in *'"error":'*) printf '%s\n' "$answer" >&2; return 1 ;; esac
  printf '%s\n' "$answer"
}

# Text as a JSON string.
tab=$(printf '\t')
quoted() {
  printf '"%s"' "$(printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e "s/$tab/\\\\t/g" |
    awk '{ printf "%s%s", between, $0; between = "\\n" }')"
}

# A member of a JSON object that is known to be a plain string.
member() { printf '%s\n' "$2" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'; }

created=$(rpc session.create "{\"path\": $(quoted "$PWD"), \"agent\": \"demo\"}")
session=$(member sessionId "$created")
sent=$(rpc session.send "{\"sessionId\": \"$session\", \"message\": $(quoted "$message")}")
cursor=$(member cursor "$sent")

over=
while [ -z "$over" ]; do
  # What has come within a second, and at its end curl's exit code: 28 is the second that is over.
  page=$(gateway "/v1/sessions/$session/events" -H "Last-Event-ID: $cursor" --max-time 1 && echo 0 || echo $?)
  [ "${page##*[!0-9]}" -eq 28 ] || { echo "The gateway is gone. Read on later from $cursor" >&2; exit 1; }
  # An event is an id (the cursor to read on from), its data, and an empty line, without which it is not whole.
  events=$(printf '%s\n' "$page" | awk '/^id: /{id=substr($0,5)} /^data: /{data=substr($0,7)} /^$/&&id{print id" "data; id=""}')
  [ -n "$events" ] || continue
  printf '%s\n' "$events" | sed 's/^[^ ]* //'
  cursor=$(printf '%s\n' "$events" | sed -n '$s/ .*//p')
  over=$(printf '%s\n' "$events" | grep -E '"type":"(result|error|interrupted)"' || true)
done
