# Ends what was started and removes its folder, once nobody holds the other end of standard input any more: when the tests
# have ended, in whatever way. Lines say which processes there are: `started PID`, `ended PID`.
# Arguments: the folder, and the signal that the server takes for "now".
folder=$1
signal=$2
running=
while read -r word pid; do
  others=
  for other in $running; do
    [ "$other" = "$pid" ] || others="$others $other"
  done
  running=$others
  [ "$word" = ended ] || running="$running $pid"
done
for pid in $running; do
  kill -s "$signal" "$pid"
done
tries=100
for pid in $running; do
  while kill -0 "$pid" && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
  kill -s KILL "$pid"
done
rm -rf "$folder"
