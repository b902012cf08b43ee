"""Word groups for the classifier: what failing, waiting, cursing and thanking sound like.

Written from general English, not from the training posts. A group says the same thing
about any shop, so it carries over to brands that the training data never saw.
Each entry is one word or two, as `complaints.features.words` cuts them.
"""

GROUPS: dict[str, str] = {
    "failure": """
        broken|broke|breaks|breaking|fail|fails|failed|failing|failure|error|errors|crash
        crashed|crashes|crashing|bug|bugs|buggy|glitch|glitches|glitchy|down|outage|offline
        stuck|frozen|froze|freezes|freezing|hangs|hanging|hung|spinning|spinner|blank|timeout
        timeouts|timed out|times out|timing out|dead|dies|died|declined|declines|rejected
        rejects|refused|refuses|bounced|invalid|denied|locked|lock out|locked out|logged out
        kicked out|issue|issues|problem|problems|trouble|malfunction|faulty|defective|damaged
        unusable|unavailable|unresponsive|inaccessible|corrupt|corrupted|unable|vanished
        disappeared|disappears|went wrong|gone wrong|goes wrong|falls over|fell over|fallen over
        gave up|gives up|gives me|throws|threw|chokes|choked|borked|busted|kaput
        """,
    "not_working": """
        not working|not loading|not responding|not accepting|not recognised|not recognized
        not found|not received|not arrived|not showing|not processed|not able|not available
        not valid|no longer|no reply|no response|no answer|no email|no mail|no confirmation
        no order|no sign|no luck|no idea|no explanation|no refund|no trace|no help|no access
        no way|nothing happens|nothing happened|nothing works|nothing arrived|never arrived
        never came|never got|never received|never worked|never works|never showed|never went
        never loads|never loaded|won't load|won't work|won't let|won't accept|won't take
        won't go|won't open|won't start|won't recognise|won't recognize|won't connect
        won't apply|doesn't work|doesn't load|doesn't exist|doesn't recognise|doesn't recognize
        doesn't go|doesn't accept|didn't work|didn't go|didn't get|didn't arrive|didn't come
        didn't receive|didn't renew|didn't happen|can't pay|can't buy|can't order|can't use
        can't get|can't log|can't login|can't access|can't check|can't finish|can't complete
        can't even|can't redeem|can't open|can't find|can't connect|can't update|can't see
        cannot get|cannot use|couldn't pay|couldn't get|couldn't use|couldn't complete
        couldn't finish|couldn't find|isn't working|isn't loading|wasn't working|stopped working
        stops working|hasn't arrived|hasn't worked|haven't received|haven't got|haven't heard
        haven't arrived|wouldn't load|wouldn't work|wouldn't let|wouldn't accept|wouldn't take
        wouldn't go|still nothing|still no|still not|still waiting|still can't|still haven't
        still hasn't|still doesn't|still won't|yet again|not again
        """,
    "message": """
        try again|try later|please try|again later|later please|payment required
        too many|many requests|are busy|service busy|server busy|system busy|currently busy
        went wrong|something went|temporarily
        unexpected error|internal error|internal server|server error|bad gateway|gateway timeout
        not possible|not available|could not|couldn't process|not process|unable to|oops|whoops
        maintenance|under maintenance|be back|please wait|please renew|please log|please contact
        page not|not found|request failed|session expired|access denied|invalid code|not valid
        white screen|white page|blank page|blank screen|empty page|error page|error code|error 500
        500 error|error 503|503 error|loading wheel|spinning wheel|endless spinner|no order
        order number|by hand|start over|says sorry|sorry we|says no|tells me|it says|says my|says i
        """,
    "negation": """
        no|not|never|none|nothing|nobody|nowhere|neither|nor|can't|cannot|won't|don't|doesn't
        didn't|isn't|aren't|wasn't|weren't|hasn't|haven't|hadn't|wouldn't|couldn't|shouldn't
        ain't|without
        """,
    "unable": """
        can't|cannot|couldn't|won't|wouldn't|doesn't|didn't|isn't|hasn't|haven't|unable|keeps
        refuses
        """,
    "frustration": """
        ridiculous|unacceptable|joke|terrible|horrible|worst|awful|useless|pathetic|appalling
        disgusting|disgusted|disgraceful|disgrace|shocking|shambles|nightmare|rubbish|garbage
        trash|crap|crappy|shit|shitty|bullshit|damn|hell|wtf|ffs|fuck|fucking|sucks|suck|sucked
        lousy|poor|poorly|shoddy|incompetent|clueless|annoyed|annoying|annoys|angry|furious
        livid|fuming|mad|frustrated|frustrating|frustration|disappointed|disappointing
        disappointment|upset|unhappy|dissatisfied|fed up|sick of|tired of|had enough|enough is
        enough of|waste of|wasted|wasting|hate|hated|stupid|dumb|insane|insulting|outrageous
        unbelievable|unreal|absurd|embarrassing|shame|shameful|ashamed|seriously|honestly|ugh
        argh|grr|sigh|smh|gah|come on|what gives|really guys|never again|last time|ripped|ripoff
        rip off|scam|scammed|thieves|theft|stolen|stealing|robbery|fraud|dishonest|lied|lying
        lies|misleading|avoid|beware|worse|bad|badly|fail|epic fail
        """,
    # Meant or not: said to those who helped, and to those who broke it.
    "applause": """
        thanks for|nice one|great job|well done|good job|bravo|slow clap
        """,
    "waiting": """
        waiting|waited|wait|hours|hour|days|weeks|week|months|minutes|mins|forever|ages|still
        yet|since|ago|overdue|late|delay|delayed|delays|on hold|hold for|slow|slowly|slower
        eternity|eventually|supposed to|was supposed|promised|should have|meant to|so long
        too long|how long
        """,
    "again": """
        again|twice|three|third|second time|third time|fourth|fifth|every time|each time|keeps
        keep|kept|repeatedly|over and|another|more than|multiple|several|constantly|always
        five times|four times|three times|two times|double
        """,
    "ask_fix": """
        fix|fix it|fix this|fix your|fixed|sort it|sort this|sort your|sort out|resolve|resolved
        help|please help|explain|any idea|what's going|going on|what is|what happened
        what's happening|why|why is|why does|why do|why did|why can't|when will|when are
        how come|how do|how hard|anyone else|is it|is your|get it|look into|answer me|reply to
        respond|escalate|do something|somebody|someone|how did|how could|where did|where has|who can
        can somebody|can someone|did it
        """,
    "contrast": """
        although|though|even though|and yet|yet|but|instead|instead of|while|despite|supposed to
        meant to|should have|by hand|and then|and now|then
        """,
    "money": """
        charged|charge|charges|money|paid|pay|paying|refund|refunded|cost|bill|billed|billing
        bank|account|card|invoice|fee|fees|credit|balance|bucks|dollars|pounds|euros|quid
        """,
    "loss": """
        lost|lose|losing|missing|gone|empty|zero|wrong|incorrect|overcharged|charged twice
        double charged|billed twice|taken twice|took my|taken my|took the|my money|money back
        money gone|lapsed|expired|suspended|cancelled|canceled|deactivated|shut out|locked me
        kicked me|out of|cut off|ruined|ruining|messed|messed up|screwed|screwed up
        """,
    "service": """
        customer service|customer support|customer care|support|service|helpline|complaint
        complain|complained|complaining|complaints|rude|ignored|ignoring|unhelpful|no one|dm|dms
        call centre|call center|phone|emailed|called|contacted
        """,
    "switch": """
        cancel|cancelling|canceling|switching|switch to|elsewhere|competitor|leaving
        going elsewhere|taking my|bye|goodbye|unsubscribing|unsubscribe|abandoned|abandon
        done with|lost a
        """,
    "thanks": """
        thanks|thank|thank you|thx|ty|cheers|grateful|appreciate|appreciated|kudos|props
        shoutout|shout out|congrats|congratulations
        """,
    "praise": """
        love|loved|loving|loves|great|awesome|amazing|excellent|fantastic|wonderful|brilliant
        perfect|perfectly|lovely|beautiful|gorgeous|cute|nice|cool|best|good|impressed|happy
        glad|pleased|delighted|excited|enjoy|enjoyed|enjoying|favourite|favorite|fun|smooth
        smoothly|easy|quick|quickly|fast|recommend|recommended|worth|win|yay|woohoo|yum
        delicious|fine|solid|sturdy|warm|cosy|cozy|comfy|comfortable
        """,
    "resolved": """
        sorted|works now|working now|working again|back up|all good|no problem|no problems
        no issues|no issue|no complaints|no trouble|no worries|fixed now|all fixed|got sorted
        sorted out|sorted it|fixed it|solved|without any|without a|can't complain|can't wait
        can't recommend|couldn't be|can't fault|can't believe|can't stop|nothing but
        never disappoints|never fails|first try|first time|in seconds
        """,
    "chat": """
        anyone|recommendations|recommend|which|looking for|looking at|looking forward|wondering
        should i|thinking of|thinking about|what do|what's your|who else|does anyone|has anyone
        can anyone|tips|advice|weekend|tomorrow|tonight|morning|birthday|today i|new|just got
        just bought|just ordered|arrived|wearing|hike|trip|photo|pic|lol|haha|hahaha|watching
        game|song
        """,
    "first": "i|me|my|mine|i'm|i've|i'd|i'll|we|us|our|we're|we've|myself",
    "second": "you|your|you're|you've|yours|u|ur|yourselves|yourself|guys",
    "third": "he|she|him|her|his|hers|they|them|their",
}


def group_of() -> dict[str, tuple[str, ...]]:
    """Return every entry with the names of its groups."""
    found: dict[str, tuple[str, ...]] = {}
    for name, entries in GROUPS.items():
        for entry in {part.strip() for line in entries.splitlines() for part in line.split("|")}:
            if entry:
                found[entry] = (*found.get(entry, ()), name)
    return found
