"""What tells a card number from a phone number: the words around it, as one table.

Each topic has the phrases that open it, in lower case and without apostrophes; `gate/door code` stands for both, and a
plural for its singular too. What a number is follows from the topic
that was opened last before it (or is named right behind it), within the topic's reach.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from calltrack.masking.spoken import Item

Kind = Literal["card", "code", "ssn", "account"]


@dataclass(frozen=True, slots=True)
class Topic:
    """What numbers are about. `kind` is None where they are left alone. A number counts within `reach` words, with
    `fewest` to `most` digits; `phones`: also one that has the length of a phone number."""

    name: str
    kind: Kind | None
    reach: int
    fewest: int = 1
    most: int = 99
    phones: bool = False


CARD_NUMBER = Topic("card number", "card", 30, fewest=4, phones=True)
CARD = Topic("card", "card", 40, fewest=8)
EXPIRY = Topic("expiry", "card", 14, fewest=2, most=8)
SECURITY_CODE = Topic("security code", "code", 25, fewest=3, most=12)
CODE = Topic("code", "code", 18, fewest=3, most=12)
BARE_CODE = Topic("bare code", "code", 18, fewest=3, most=12)  # of a gate, or of a fault or an offer
SENT = Topic("sent", "code", 16, fewest=5, most=8)
ENTRY = Topic("entry", "code", 5, fewest=4, most=8)
SSN = Topic("ssn", "ssn", 30, fewest=4, most=30)
ACCOUNT = Topic("account", "account", 25, fewest=4, most=40, phones=True)
BANK = Topic("bank", "account", 20, fewest=8, most=40)
LICENCE = Topic("licence", "account", 20, fewest=5, most=30, phones=True)
AFTER_CARD = Topic("after card", "code", 12, fewest=3, most=14)

PHONE = Topic("phone", None, 14)
PLACE = Topic("place", None, 9)
PAPER = Topic("paper", None, 14)
MONEY = Topic("money", None, 7)
TIME = Topic("time", None, 6)
SIZE = Topic("size", None, 6)
DATE = Topic("date", None, 6)  # after a card its expiry
OFFER = Topic("offer", None, 8)  # what has codes that open nothing
NONE = Topic("none", None, 40)
NEUTRAL = Topic("neutral", None, 0)  # words that sound like a topic and are none

_PHRASES: Mapping[Topic, str] = {
    CARD_NUMBER: """card/visa/mastercard/amex/discover number/information/info/details/digits, master card,
        mastercard, visa, amex, american express, discover card, discover is, number/digits on/off/from/for/of
        the/my/your/that/his/her/our card, number/digits on/off/from/for/of the/my/your/that credit/debit card,
        number across the front, number on it, read you/me/off the/my/your card, read the/my/your card, read it off,
        long number, sixteen digit number, card is/please/ending, card/visa/mastercard end, card that ends,
        visa/mastercard is/ending, my/new/other/this/that/her/his card is, last four on/of/off the/that/your/my/this
        card/visa/mastercard/amex, last four digits of/on/off the/that/your/my/this card, use/charge/run/take/try
        this one, pay with, read it to you, here it is, use this one, card number is, the new number is, put it on""",
    CARD: "card, credit, debit, discover, credit/debit/gift/prepaid/bank/fleet card, plastic",
    EXPIRY: """expiration, expiration/expiry/exp date, expiry, expire, expiring, expired, exp, expires on/in,
        expiration on, date on the/that/your/this card, date on it/that, need the date, good/valid
        through/thru/until/till/to, experation, month and year, expiration month/year, expiration month and year,
        runs out, use by""",
    SECURITY_CODE: """security/secret/signature number/digits/value, security code, code/digits/number on back/front,
        card/cards
        security/verification/secret code/number/digits/value, cvv, cvv number/code, cvv2, cvc, cvc2, ccv, cvn, cid,
        c v v, c v c, c c v, c i d, cv code, csc, cvb, cbv, cv v, ccb, cbb, cvp, cvd, sec code, card code, card
        verification, verification value/number/digits, three/four/little/small/extra/other digits/number/numbers,
        digits/number/numbers/code/three/four on/from/off/at the back/front/reverse, digits/number/code on that,
        back/front/reverse of the/your/my/that/this card, back/front of it, digit code, digit security, by the
        signature, signature strip/panel, strip, on/from/off the back/reverse, on the front right, back three/four,
        on/from/off the front, flip it over, turn it over, free digit""",
    CODE: """pin, pin number/code, passcode, pass code/word/number, password, password is, passphrase,
        verification/authentication/confirmation/security/temporary pin, one time code/pin/passcode/password/number,
        otp, o t p, two factor code/number, login/access/entry/verification/activation number, log/sign in
        number/code,
        verification/authentication/login/access/entry/gate/door/garage/alarm/lock/lockbox/keypad/activation/secret/new/old
        code, six/four/five digit code, verification/security/login text/message/email,
        number/digits/code in/from/on/off the text/email/message, three/four/five/six/seven/eight digits/numbers,
        code that came/was, combination, lock combination, combo, combination/combo
        is/to/for, lockbox/safe/padlock combination/combo/number, lock box combination/combo/number, disarm, arm it,
        disarm/arm code, turn/shut off the alarm, unlock, unlock code, keypad, key pad, lockbox, lock box, call box,
        callbox, entry/intercom/gate system, padlock, door lock, smart lock, deadbolt, keyless entry/lock,
        punch/key/type/press/put/tap in, code/number to get in, get in with, to get in, open with, opens with,
        buzzer, keybox, key box/safe, master/user/guest/visitor/community/complex/elevator/pool/building/tech code,
        telephone banking/atm/debit pin, unit code is, building code is, texted/emailed/messaged code,
        door/gate/garage/entry/alarm/lock pin/number/combo/combination/password,
        schlage, kwikset, yale lock, supra, supra box, realtor/realtors/contractor box, box on the
        door/spigot/hose/railing/rail/porch/fence, has/have a box, simplisafe, disarm is, disarms with,
        shut/turn it off
        with, shuts/turns it off, siren, beeping, beep, code expired/expires, code has expired, code timed out,
        resend/resent/resending the/it/that, verify with, authenticator, authenticator app, delivery/dock/house code,
        alarm/verbal password, reset/login code, padlock/shed/barn/back lock is, barn/shed lock, keys in the box, gets
        you in, to open it""",
    BARE_CODE: """code, code is, code says""",
    SENT: """was/got/been texted/sent/emailed, they/you texted/sent/emailed, texted/sent/emailed me/us, zelle sent,
        get/got the/a/your text, text come
        through, does the text/email say, have/had a text from, a text from us, texted you, text/email/app/message
        says/said/shows/reads, came through, come through yet, another/new one""",
    ENTRY: """building door, gate, gated, panel, alarm, garage, garage door, entry is, enter, hit, press, dial,
        punch, put in, type,
        security system, the door, door/gate/alarm/lock/garage takes/uses/needs/gets, building/unit/house/roof
        access, access is,
        entrance, front/side/main/back/service entrance, elevator, the roof, get up to,
        mechanical/meter/mail/pump/utility/electrical/boiler room, mechanical/meter/mail/pump/utility/boiler room is,
        mailroom, dock door, the shed, barn, clubhouse, pool""",
    SSN: """social, social security, social security number/digits, ssn, s s n, soc, sosh, my/your social,
        tax/taxpayer id, itin, tax/taxpayer id/identification number, social number/digits, ss number, s s number,
        security number for credit, ss, socials, ein""",
    ACCOUNT: """routing, routing number/is/and, rooting/routine/rounding/outing/wouting number, aba, aba
        number/routing, account/acct number, acct, account and routing, account is/ending/that, checking/savings/bank
        account, checking, saving, checking/savings/bank/deposit/wire/ach account number, iban, ach, transit number,
        bottom of the/my/your check/cheque, number/numbers on/off/at the/my/your check, account number off/on/from,
        bank routing, bank routing number, wire number, electronic check, e check, echeck, direct debit/deposit,
        checking/savings is, micr""",
    BANK: "bank, banking, account, autopay, auto pay, wells fargo, chase, wire, credit union",
    LICENCE: """license, licence, id, i d, driver/drivers/driving license/licence/lic, driver/drivers/driving
        license/licence number/is, dl, dl number, lic, license/licence number/is, d l, d l number, my/your/her/his
        license/licence/id, driver/drivers/state/photo/government id, state/photo/military id number/is,
        id/identification number, identification, id is, id card, id card number, passport, passport number, learners
        permit, green card number""",
    NEUTRAL: """key in the/my, in case, in order, good job, part of, a lot, lots of, a lot of, on time,
        every/first/last/next time,
        all the time, at the time, text you/i got, text me a, text message, to/on/off/over/from your/my/the phone,
        code by text, sent to, of the time, put it on my/the/your card, off the top, on/with/to/for file, take your
        time, any time, a time, in the meantime, hit me, job well, in any case, just in case, order of, the/that job
        done, text just came, text came, on/by/near/behind/at/to the gas/water/electric meter, in the text,
        your/my text,
        as of monday/tuesday/wednesday/thursday/friday/saturday/sunday/today/yesterday, as of last, hasnt changed""",
    PHONE: """phone, phone number, telephone, telephone number, cell, cell number, cellphone, cell phone, mobile,
        mobile number, call me/us/him/her/them/my, call me at/back, callback, callback number, call back, call back
        number, reach me/you/her/him/us/them, reach me at, best/good/contact number, text me, text me at, text you,
        text it, my number is, my/your/her/his/their number, number is area code, number to call/reach,
        home/work/office number, landline, land line, extension, ext, fax, fax number, area code, caller id, calling
        from, number youre calling from, number you called from, called from, give me/us a call, callback is,
        voicemail, another/other number, alternate number, alternate, number i have, phone/cell/mobile is,
        tenants/husbands/wifes number/cell, eight hundred number, toll free, number on the/your/my account, number on
        file, number you have on file,
        desk/department/dispatcher is, social security office, guard shack""",
    PLACE: """pin oak, social circle, zip, zip code, zipcode, postal, postal code, address, address is, street,
        street address, house number, house is, live at, located at, im at, were at, apartment, apartment number,
        apt, unit number, suite, suite number, po box, p o box, box number, lot, lot number, route, highway,
        interstate, county/state road, building number, room, room number, floor, subdivision, block, live on, its
        at, come to, out to, come out to, zip is, billing zip, billing zip code, five digit zip,
        service/billing/mailing address, property is at, house/home/place at, over at, house on, parcel, parcel
        number, cross street, mile marker, exit, unit is,
        pull/drive/come/go up to, look for, im/were/hes/shes in, lobby, lobby is, drove to, went to, number on the
        gate/door is, buildings, number on the mailbox""",
    PAPER: """expired in, warranty/insurance/loyalty/punch card, invoice, model, model number/is, serial,
        serial number/is, job, job number/id, work order, work order
        number, order, order number, purchase order, po number, p o number, po, confirmation, confirmation
        number/code/is, ticket, ticket number, case, case number, claim, claim number, reference, reference
        number/code, ref number/code, ref, estimate, estimate/quote/proposal number, proposal, part, part
        number/code, sku, product number/code, policy, policy number, permit, permit number, tracking, tracking
        number/code, customer number/id/account/code, customer account number, member/membership number/id,
        membership, account number with you/us, utility account, meter, meter number, meter reads, license/licence
        plate/tag, plate, plate/tag number, vin, vin number, employee/dealer/vendor/tech id/number/code, badge, badge
        number, plumber/electrician/contractor/tech/technician/company/business license, code on/of/from
        the/that/your/my box/label/sticker/unit/screen/display/thermostat/furnace/bag/conduct,
        plumber/electrician/contractor/tech/technician/company/business license/licence number, booking, booking
        number/code, reservation, reservation number/code, registration, registration number/code, rebate, rebate
        number/code, coupon, coupon/promo/promotion/discount/offer/referral/gift/voucher code, promo, error,
        error/fault/trouble/diagnostic/flash/blink code, fault, flashing code, flashing a code, blinking, blinking
        code, blinking a code, flashing, throwing/showing/giving/reading code, throwing/showing/giving/reading a
        code, a fault code, giving me code, giving me a code, getting a code, display, shows/says/reads/display code,
        shows a code, showing, service code, color/paint/date/bar/qr/country/dress/source/item/lot code, item,
        item/stock number, barcode, code enforcement/violation/requires/requirement/section/book, building code,
        fire/electrical/plumbing/city/county/state/energy/residential code, up to code, to code, by code, per code,
        meet/meets code, irc, upc, contractor license, contractor license number, our license, our license number,
        state contractor license, plumbing/master/business/hvac/electrical/mechanical license/licence,
        plumbing/master/business/hvac/electrical license number, license tag, warranty, warranty number,
        warranty/offer/coupon/special/quote/estimate/permit/contract/deal/membership/policy/lease/promotion/rebate/plan/price
        expires/expired/expiration/good/valid/is, expires in, it expires in, imei, version, zone, breaker, channel,
        number of, contract, contract number, agreement, agreement number,
        dispatch/service/call/incident/lead/file/certificate number, service ticket, gift certificate, filter, filter
        size, thermostat, thermostat reads, batch, check number,
        mention code, promo, application/approval/authorization/request/plan/receipt/store/form
        number/id, dispatch/case/tracking/ticket/order/plan/user/device/store/location/request id, dispatch,
        licensed, bonded, insured, license number on the/your truck/van/website, confirmation text/email
        says/said,
        referral, section, lender approval, building/electrical/plumbing code upgrade/issue/violation, source code,
        ahri number, unit id, fault/error light""",
    MONEY: """dollar, price, priced, cost, total, total is, subtotal, quote, quoted, quoted me, charge, charged,
        charge you, fee, balance, balance is, deposit, owe, paid, pay, payment, payment of, budget, bill, bill
        is/was, estimated, amount, amount of, price is, run you, worth, financing, per month, a month,
        limit, charge/charged my/the/your card, refund, refunded, credit of, credit me/you/us/back/for, credit score,
        credit score is, score, income, salary, saved, save, savings of, spent, spend, gross, tax, interest, percent,
        credit card fee, they/just/he/she wanted, wanted, make about""",
    TIME: """oclock, appointment, arrive, arriving, between, window, scheduled, schedule, monday, tuesday, wednesday,
        thursday, friday, saturday, sunday, birthday, date of birth, born, birth, dob, built, built in, installed,
        installed in, year, since, manufactured, made in, today, tomorrow, morning, afternoon, noon, available at,
        day, time, back in,
        was/were/had/got/just put in, upgraded, rewired, remodeled""",
    SIZE: """combination of, social media/worker/services/event/hour/club/page, on social, account is under/for/in,
        account under,
        square feet/foot/footage, btu, gallon, amp, volts, ton, seer, pressure, psi, degrees, temperature, miles,
        watts, temp, mileage, population, people, homes, houses, units, employees, reviews, customers, quantity,
        count,
        gate repair/opener/motor/remote/operator/company, garage door opener/spring/repair, code reader, combo
        pack/unit/special, pin hinge, combination unit, social hall/club/security goes,
        routing got/the/error/problem/issue, routing was/is
        wrong/off/bad""",
    DATE: """date, date is, new date""",
    OFFER: """magnet, billboard, flyer, mailer, the letter, website, ad, radio, newspaper, magazine, postcard,
        door hanger,
        the door hanger, newsletter, email blast,
        checkout, discount, valpak, groupon, yelp, facebook, instagram, coupon book, furnace, water heater,
        dishwasher, mini split, heat pump, boiler, tankless, condenser, air handler, compressor, rheem, trane,
        carrier,
        lennox, goodman, navien, rinnai, inspector, inspection, flashes, blinks, throws, threw, furnaces, washer,
        dryer, fridge, oven, city, county""",
    NONE: """no gate/code/codes/card/social/pin, theres no code, isnt a code, isnt one, there isnt, dont have a/the
        code, dont have one, dont have a/my/the card, dont have a gate, dont need a/the code, dont need your/a/my
        card, not gated, dont have it, never mind, nevermind,
        no gate/door/access/entry/alarm/lock/garage/building/elevator code, no code needed, without a code, dont
        need a gate/door code, gate stays/is open, gate opens at""",
}  # fmt: skip

_LONGEST = 6


@lru_cache(maxsize=4096)
def _singular(word: str) -> str:
    """`cards`, `card's` and `card` open the same."""
    return word[:-1] if (len(word) > 3 or word == "ids") and word.endswith("s") and not word.endswith("ss") else word


def _read_table() -> dict[str, dict[tuple[str, ...], Topic]]:
    table: dict[str, dict[tuple[str, ...], Topic]] = {}
    for topic, phrases in _PHRASES.items():
        for phrase in phrases.split(","):
            for words in product(*(map(_singular, choice.split("/")) for choice in phrase.split())):
                table.setdefault(words[0], {}).setdefault(words, topic)
    return table


_TABLE = _read_table()


def find_cue(items: Sequence[Item], at: int) -> tuple[Topic, int] | None:
    """The topic that the words from `at` on open, and which item follows the longest phrase that does."""
    phrases = _TABLE.get(_singular(items[at].word))
    if phrases is None or items[at].digits:
        return None
    words: list[str] = []
    found: tuple[Topic, int] | None = None
    for place in range(at, min(at + _LONGEST, len(items))):
        if items[place].digits or items[place].bracketed or (words and "\n" in items[place].gap):
            break
        words.append(_singular(items[place].word))
        if words[-1] == "is" and "," in items[place].gap:  # `on the account, is that right`
            break
        if topic := phrases.get(tuple(words)):
            found = topic, place + 1
    return found
