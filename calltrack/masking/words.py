"""Words that stand inside, between, before and behind numbers: hesitation, confirmation, what is counted."""

# Words that may stand inside a number: hesitation, and how its parts are put together.
FILLERS = frozenset(
    """
    uh um er ah hmm lets see hm uhm erm okay ok yes yeah yep and then dash hyphen slash space so like umm uhh
    """.split()
)
# The keys beside the digits of a keypad.
KEYS = frozenset("pound star hash hashtag asterisk".split())
# Words between the parts of one number when two people hand it over: told, confirmed, corrected, gone on.
LINKS = FILLERS | frozenset(
    """
    mm mhm mmhmm mmm huh uhhuh got it gotcha go ahead right correct all perfect great sure one second sec moment
    minute hold on hang let me see again repeat you said say rest of group set block chunk part last first final
    next second third fourth fifth middle other remaining two three four five six digit digits number numbers whats
    what is its thats are theyre the a i im and after that followed by starting starts start beginning begins begin
    with ending ends end in finishing alright good fine cool exactly absolutely ready continue keep going on please
    my your too also comma period dot point thank thanks copy read back for any more now be would can could do did
    maam sir or if think was this there here we have listening problem goes ones up k kay awesome wonderful nice
    well oh just ill sounds still was time youre welcome
    """.split()
)
# What takes back the number before it.
CORRECTIONS = frozenset(
    """
    no nope nah sorry wait mean meant actually correction scratch rather oops whoops strike wrong apologies pardon
    excuse make misread instead mistake not start over
    """.split()
)
LINKS |= CORRECTIONS | {"made", "me", "bad", "got"} | KEYS
# Between a number and what names it right behind: `4421 is the code for the gate`.
NAMING_BEGINS = (
    frozenset(
        """
    is thats for as was would its will are thatll should s to on gets opens unlocks works then turns shuts
    """.split()
    )
    | KEYS
)
NAMING = NAMING_BEGINS | frozenset(
    """
    the my our your a be to on of at that get in into it this his her also front back last four digits what you put
    open off me us them work so they we i have think believe new entry main side
    """.split()
)

# What a number counts or measures, right behind it.
UNITS = frozenset(
    """
    dollars dollar bucks buck cents percent am pm oclock years year months month days day weeks week hours hour
    minutes minute seconds square sqft sq feet foot ft inch inches gallon gallons ton tons btu btus amp amps volt
    volts watts degrees miles mile pounds psi seer people units houses homes customers employees times plus thousand
    million grand merv cfm gpm kilowatt kilowatts kw rooms bedrooms bedroom bathrooms bathroom story model ish a.m
    p.m reviews stars windows doors vents filters panels calls k lb lbs yards yard acres acre point
    """.split()
)
STREETS = frozenset(
    """
    street st avenue ave road rd drive dr lane ln court ct boulevard blvd way place pl circle cir terrace ter
    parkway pkwy highway hwy trail trl square loop run ridge crossing alley pike plaza north south east west
    northeast northwest southeast southwest n s e w apartment apt suite
    """.split()
)
# Right before a short number these say when, where or how much, not which code.
WHEN_OR_WHERE = frozenset(
    """
    at in since from by until till about around after before of over under than near on
    """.split()
)
# Behind a number that opens a gate, if anything is.
BEHIND_ENTRY = frozenset(
    """
    to and then pound star hash on at for when is okay ok please sign key enter if so but thats it its uh um before
    after or because once from until till you we they i he she gets opens will should works was works as with go
    thanks
    """.split()
)
MONTHS = frozenset(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec
    """.split()
)
