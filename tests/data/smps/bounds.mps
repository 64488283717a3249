NAME          bounds
ROWS
 N  cost
 L  most
 G  least
 E  equal
 E  below
 N  other
COLUMNS
    a         cost  1   most  1   least  2
    b         equal 3   below 4   other  5
    c         most  1
    d         most  1
    e         most  1
    f         most  1
RHS
    most 8   least 2   equal 5   below 5
RANGES
    RNG   most 3   least 4   equal 1   below -1
BOUNDS
 FX BND a 2
 FR BND b
 BV BND c
 UP BND d -1
 LI BND e 3
 MI BND f
 UP BND f 7
ENDATA
