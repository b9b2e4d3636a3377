# Beside gates.awk: the full adder of full_adder.v, NanGate's FA_X1 of 4.256 um2.
BEGIN { weight["full_adder"] = 16 / 3 }
/^ +full_adder +[0-9]+$/ {
    cells += $2
    gates += weight[$1] * $2
}
