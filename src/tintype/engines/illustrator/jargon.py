"""Phrases that prompts are full of and that name nothing to draw, and small word classes of English."""

from __future__ import annotations

from .scene import Skin
from .vocabulary import table

JARGON = frozenset(
    table("""
    create a picture of, create an image of, create a, generate a picture of, generate an image of, draw me, draw, make a picture of,
    picture of, image of, image, picture, scene, a scene of, view of, depiction of, rendering of, composition, featuring, features,
    toward camera, towards camera, toward the camera, towards the camera, at the camera, at camera, into the camera, into camera,
    looking at the camera, looking at camera, facing the camera, facing camera, to camera, to the camera, off camera, camera angle,
    camera view, camera shot, camera angles, the camera angle, camera movement, phone camera, camera lens, in camera,
    fire breathing, in the sun, under the sun, in the sunshine, under a blazing sun, under the blazing sun, earth tones, down to earth, earthy,
    caption box, caption boxes, text box, speech bubble, speech bubbles, speech balloon, thought bubble, word bubble, dialogue box, title card, a sign, sign, signs, neon sign, neon signs, banner,
    square image, square format, square picture, square composition, square aspect ratio, in a square,
    film grain effect, film frame, key light, rim light, back light, fill light, warm light, light bulb moment, hard light, light source,
    light rays, ring light, sun rays, sun drenched, sun etched, sun kissed, sun dappled, sun lit, sun bleached, sunlit, sunlight, sun flare, lens flare,
    light and shadow, window light, light streaming through a window, light streaming through the window, streaming through a window,
    streaming through the window, light through a window, light from a window, from a window, from the window, through a window, through the window,
    golden ratio, rule of thirds, eye level, eye catching, worm's eye view, fish eye, fisheye, fisheye lens, eye contact, point of view, head on, red eye,
    key visual, key art, book illustration, book illustrations, story book, ring composition, stock photo, stock image, fashion photo, fashion photography, award winning,
    award winning photograph, award winning photo, award winning photography, trending on artstation, artstation, deviantart, best quality, masterpiece, top quality, high quality, highly detailed,
    intricate details, ultra detailed, sharp lines, clean lines, bold outlines, clean outlines, bold clean outlines, thick lines, thin lines,
    cel shading, simple cel shading, cel shaded, flat colors, flat colours, vibrant colors, vibrant colours, vibrant color palette, vibrant colour palette,
    three point, three point softbox setup, 45 degree shot, 45 degree angle, degree shot, two shot, one point perspective, two point perspective, three quarter view,
    magazine cover, cover art, album cover, movie poster, concept art, character design, character sheet, reference sheet, storyboard, mood board, wallpaper, phone wallpaper, desktop wallpaper,
    as well as, a touch of, a hint of, a sense of, sense of, feeling of, the feeling of, mood, atmosphere, vibe, vibes, aesthetic, feel, one of a kind, in one go,
    on fire sale, day and age, at the same time, at first glance, in time, over time, in style, on top, on display, in focus, in detail, in motion, in bloom, in action, by hand, in hand,
    under construction, on purpose, with care, at rest, at play, at work, at peace, at ease, in love, in general, in particular, in the style, in the frame, in frame, of the frame,
    japanese style, chinese style, lens feel, 50mm lens feel, prime lens, telephoto lens, macro lens, portrait mode, portrait orientation, landscape orientation, landscape format, portrait format,
    watch over, watch out, fly by, rock and roll, rock band, train of thought, heart warming, heartwarming, face down, face up, hand made, handmade, hand painted, hand lettered, hand drawn style,
    ice cold, dog tired, cat like, catlike, sea green, fire engine red, fox like, bear hug, snake like, star like, like a star, star studded, moon like, rose tinted, tea stained, book like,
    butterfly effect, apple of, light leaks, light leak, light trails, light beams, beam of light, beams of light, ray of light, rays of light, shaft of light, shafts of light, pool of light,
    sharp focus on, focus on, background for text, for text, seamlessly integrated with the text, integrated with the text, the text, of text, text should be, font, clean bold sans serif font, sans serif font,
    glass of time, nutshell, in a nutshell, color scheme, colour scheme, target audience, social media, website banner, web banner, hero image, icon of, stylized icon of, icon, symbol of, simple icon of, theme park,
    stone cold, rough around the edges, broad daylight, fly on the wall, goose bumps, chicken out, sea breeze, sea level, ocean breeze, car park, head to toe, from head to toe, foot of, at the foot of, leg of,
    mouth watering, eye of, the eye of, hand of, face of time, heart of, in the heart of, at the heart of, arm of, finger of, bird's nest soup, can be, rose up, leaves behind, hot weather, cool tones, warm tones,
    style, art style, art, artwork, high contrast, gritty, harsh lighting, dramatic lighting, rim lighting, neon lighting, cool lighting, moody lighting, film look, print, tones, steam, steam rising from the coffee, steam rising, rising steam,
    green screen, blue screen, silver screen, golden age, gold standard, black magic, white noise, red carpet, blue jeans, red eyes, blue eyes, green eyes, brown eyes, red hair, black hair, blonde hair, white hair, brown hair, grey hair, gray hair, white beard, grey beard, long hair, short hair, pink hair, blue hair
    """)
)  # fmt: skip

DETERMINERS = frozenset(
    table(
        "a, an, the, his, her, its, their, my, your, our, this, that, these, those, another, each, every, any, some, one"
    )
)
PRONOUNS = frozenset(table("i, you, he, she, it, we, they, who, which, that, it's, he's, she's, they're"))
MODALS = frozenset(
    table(
        "to, can, could, will, would, should, must, may, might, shall, don't, doesn't, didn't, please, let, lets, let's"
    )
)
COPULAS = frozenset(
    table(
        "is, are, was, were, be, being, been, painted, coloured, colored, in, dressed, wearing, all, completely, entirely, must, should, it's"
    )
)
NEGATORS = frozenset(
    table(
        "no, without, not, never, lacking, zero, nor, sans, minus, except, avoid, excluding, remove, removed"
    )
)
SIMILES = frozenset(
    table("like, as, resembling, reminiscent, inspired, evoking, imitating, versus, theme, themed")
)

PARTS = frozenset(
    table(
        "texture, fabric, details, detail, feel, sound, scent, smell, taste, surface, grain, colour, color, colours, colors, shade, shape, reflection, reflections, edge, edges, style, spirit, essence, memory, idea, concept, mood, fine texture, folds, pattern, weave, shoulders, soaking"
    )
)
"""What follows "the texture of" is a part of what is drawn already."""

PARTITIVES = frozenset(
    table(
        "slice, piece, pieces, kind, type, sort, portion, view, front, side, top, bottom, pair, handful, bit, close-up, version, number, sheet, block, strip, lot, amount, array"
    )
)

GENDERS = {
    **dict.fromkeys(table("woman, female, lady, women, girl, she, her, hers, herself, feminine, she's"), "woman"),
    **dict.fromkeys(table("man, male, men, guy, boy, he, his, him, himself, masculine, gentleman, he's"), "man"),
}  # fmt: skip
OLD = frozenset(
    table(
        "old, elderly, aged, senior, ancient, wrinkled, retired, grey haired, gray haired, white haired, older"
    )
)
YOUNG = frozenset(table("baby, newborn, infant"))

SKINS: dict[str, Skin] = {
    **dict.fromkeys(table("japanese, chinese, korean, asian, east asian, vietnamese, thai, mongolian, taiwanese, inuit"), "medium-light"),
    **dict.fromkeys(table("african, nigerian, kenyan, african american, ethiopian, ghanaian, somali, dark skinned, black skinned, jamaican, senegalese, maasai"), "dark"),
    **dict.fromkeys(table("indian, south asian, pakistani, bangladeshi, sri lankan, brown skinned, tamil, aboriginal, samoan"), "medium-dark"),
    **dict.fromkeys(table("mexican, latino, latina, hispanic, brazilian, arab, arabic, middle eastern, persian, turkish, egyptian, moroccan, native american, peruvian, tanned, olive skinned, filipino, indonesian, hawaiian, spanish, greek, italian"), "medium"),
    **dict.fromkeys(table("european, scandinavian, swedish, norwegian, danish, finnish, irish, scottish, british, english, german, french, caucasian, russian, polish, ukrainian, dutch, pale skinned, fair skinned, pale, nordic, viking, redhead, ginger haired"), "light"),
}  # fmt: skip

VERB_LIKE = frozenset(table("""
    fly, flies, building, duck, ducks, bear, bears, saw, saws, rock, rocks, ring, rings, watch, watches, train, trains, book, bat, bats, seal, seals, swallow, fan,
    hook, knot, plug, pick, pen, nail, ship, ships, star, stars, bridge, bridges, brush, cook, cooks, guard, guards, judge, judges, pilot, pilots, hammer, iron,
    lock, locks, mirror, mirrors, ram, rose, shower, showers, snake, snakes, stamp, swing, toast, wave, waves, whip, leaf, leaves, wing, fish, drum, drums, dress,
    dresses, pin, pins, ski, skis, wrap, chips, crab, model, models, spy, coach, score, stick, hug, hugs,
    worm, can, die, park, parks, lamb, squash, match, monkey, hound, ape, key, square, carp, crow, roast, race, lime, date, mouse, mint
"""))  # fmt: skip
"""Nouns that are as often verbs: after a noun, a pronoun or "to" they are not drawn."""

FRAMINGS = frozenset(
    table(
        "sticker, logo, poster, icon, photo, photograph, picture, image, illustration, painting, drawing, sketch, portrait, panel, emblem, banner, cover, advertisement, ad, postcard, design"
    )
)
"""What a prompt may call the picture itself; "a logo for a coffee shop" is not a picture of a shop."""

ACTIONS = {
    **dict.fromkeys(table("running, jogging, runs, sprinting"), "running"),
    **dict.fromkeys(table("walking, strolling, walks, hiking, wandering, strolls"), "walking"),
    **dict.fromkeys(table("swimming, swims"), "swimming"),
    **dict.fromkeys(table("surfing, surfs"), "surfing"),
    **dict.fromkeys(table("climbing, climbs, rock climbing"), "climbing"),
    **dict.fromkeys(table("cycling, biking, riding a bicycle, riding a bike, riding bicycles, riding bikes, riding her bicycle, riding his bicycle, riding her bike, riding his bike, on a bicycle, on a bike, rides a bicycle, rides a bike"), "biking"),
    **dict.fromkeys(table("dancing, dances"), "dancing"),
    **dict.fromkeys(table("juggling, juggles"), "juggling"),
    **dict.fromkeys(table("meditating, doing yoga, practicing yoga, meditates, in lotus position"), "in-lotus-position"),
    **dict.fromkeys(table("kneeling, kneels"), "kneeling"),
    **dict.fromkeys(table("golfing, playing golf, plays golf"), "golfing"),
    **dict.fromkeys(table("lifting weights, weightlifting, lifts weights"), "lifting-weights"),
    **dict.fromkeys(table("rowing a boat, rowing, rows a boat"), "rowing-boat"),
    **dict.fromkeys(table("bowing"), "bowing"),
    **dict.fromkeys(table("doing a cartwheel, cartwheeling"), "cartwheeling"),
    **dict.fromkeys(table("playing basketball, bouncing a ball, dribbling"), "bouncing-ball"),
    **dict.fromkeys(table("shrugging"), "shrugging"),
}  # fmt: skip
