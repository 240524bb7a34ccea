"""The words that set a scene rather than stand in it: place, time, weather, style, shot, light, colour, size, number."""

from __future__ import annotations

from .scene import Colour, Place, Relation, Shot, Spot, Style, Time, Weather


def table(text: str) -> tuple[str, ...]:
    """Phrases separated by commas."""
    return tuple(phrase.strip() for phrase in text.replace("\n", " ").split(",") if phrase.strip())


PLACES: dict[Place, tuple[str, ...]] = {
    "forest": table("forest, woods, woodland, rainforest floor, pine forest, grove, bamboo forest, bamboo grove, among trees, forest floor, enchanted forest"),
    "jungle": table("jungle, rainforest, rain forest, tropical forest, swamp"),
    "meadow": table("meadow, grassland, field, pasture, prairie, grass, farm, savanna, savannah, plain, plains, hills, hillside, hill, countryside, lawn, valley, steppe, wheat field, field of flowers, green hills, rolling hills, riverbank, vineyard, grassy field"),
    "garden": table("garden, park, backyard, back yard, greenhouse, playground, orchard, yard, botanical garden, japanese garden, zen garden, city park, flower garden, rose garden, cherry orchard"),
    "mountains": table("mountains, mountain, mountain range, alps, peak, peaks, summit, cliff, cliffs, canyon, himalayas, mountainside, mountain top, mountaintop, fjord, snowy mountains, snow capped mountains, mountain lake, mountain landscape, mountain valley, misty mountains"),
    "desert": table("desert, dune, dunes, sand dunes, sahara, wasteland, mars, martian landscape, surface of mars, oasis"),
    "beach": table("beach, seaside, shore, seashore, coast, sandy beach, tropical beach, shoreline, coastline, sand, boardwalk, pier"),
    "sea": table("sea, ocean, lake, bay, harbour, harbor, high seas, open sea, open ocean, sea waves, waves, river, pond, lagoon, port, stormy sea, calm sea, water's edge, swimming pool, pool"),
    "underwater": table("underwater, under water, under the sea, under the ocean, beneath the waves, ocean floor, seabed, sea bed, coral reef, reef, bottom of the sea, bottom of the ocean, deep sea"),
    "sky": table("sky, in the clouds, above the clouds, clouds, in the air, in mid air, midair, blue sky, heavens, open sky"),
    "space": table("space, outer space, galaxy, cosmos, universe, nebula, orbit, milky way, on the moon, moon surface, lunar surface, surface of the moon, deep space, interstellar, stars and galaxies, cosmic"),
    "city": table("city, downtown, skyline, cityscape, metropolis, urban, new york, tokyo, london, paris, manhattan, city skyline, cyberpunk city, futuristic city, town, new york city, hong kong, megacity, city lights, urban landscape, buildings"),
    "street": table("street, road, alley, alleyway, sidewalk, pavement, avenue, crosswalk, city street, streets, lane, highway, back alley, street corner, cobblestone street, times square, parking lot, railway station, train station, urban street, busy street, puddle"),
    "rooftop": table("rooftop, roof top, rooftop edge, rooftop edge area, roof, terrace, balcony"),
    "village": table("village, hamlet, small town, market, market square, town square, marketplace, medieval village, fishing village, old town, fairground, farm yard"),
    "room": table("room, bedroom, living room, lounge, indoors, office, classroom, attic, hotel room, dining room, interior, home office, museum, gallery, house interior, hospital, studio apartment, apartment, windowsill, window sill, fireplace, by the window, near the window, by a window, near a window, bathroom, hallway, ballroom, throne room, laboratory, lab, gym"),
    "kitchen": table("kitchen, kitchen counter, countertop, kitchen interior, rustic kitchen"),
    "restaurant": table("restaurant, fancy restaurant, diner, bistro, cafe interior, in a cafe, in a café, at a cafe, in a coffee shop, dining hall, food court, brasserie, in a bakery, cafeteria, canteen"),
    "bar": table("bar, pub, tavern, nightclub, night club, saloon, jazz club, speakeasy, inn, desolate bar, casino"),
    "workshop": table("workshop, garage, atelier, artist's studio, art studio, pottery studio, craft room, forge, barn interior, shed, factory floor, studio workshop, smithy"),
    "library": table("library, bookstore interior, in a bookstore, in a bookshop, archive, old library, reading nook, nook, study room, in a study"),
    "snowfield": table("snowfield, snow field, tundra, arctic, antarctica, north pole, south pole, glacier, ice field, ski slope, in the snow, on the snow, snowy field, snowy landscape, winter landscape, winter wonderland, winter, winter scene, winter night, winter day, ski resort, on ice, iceberg"),
    "studio": table("studio, studio background, studio backdrop, neutral studio background, studio lighting, studio lit, studio shot, seamless backdrop, polished concrete, polished concrete surface, concrete surface, marble surface, pedestal, podium, softbox, neutral background, gradient background, studio light, softbox setup, infinity cove, plinth"),
    "plain": table("plain background, blank background, solid background, isolated background, no background, simple background, empty background, transparent background, flat background, isolated on white, on white, clean background, empty canvas, solid colour background, solid color background, isolated on a background"),
}  # fmt: skip
"""Where "the mountains" are the scene; a subject of the same name is drawn only if the lexicon prefers it."""

FAINT_PLACES: frozenset[Place] = frozenset({"sky", "city", "studio", "room"})
"""Give way to any other place that the prompt names."""

TIMES: dict[Time, tuple[str, ...]] = {
    "dawn": table("dawn, sunrise, daybreak, early morning, first light, morning mist"),
    "golden hour": table("golden hour, golden light, late afternoon, magic hour, golden hour light, golden sunlight, warm sunlight, low sun"),
    "sunset": table("sunset, setting sun, sundown, sun sets, sun setting, sunset light"),
    "dusk": table("dusk, twilight, blue hour, evening, nightfall, evening light"),
    "night": table("night, halloween night, haunted, halloween, midnight, nighttime, night time, at night, starry, night sky, starry night, starry sky, moonlight, moonlit, stars, under the stars, northern lights, aurora, aurora borealis, by night, moonlit night, nocturnal, neon lights, neon lit, city lights at night, milky way, moonrise, halloween night, dark night"),
    "day": table("daylight, daytime, noon, midday, sunny day, bright day, sunny, morning, afternoon, summer day"),
}  # fmt: skip

WEATHERS: dict[Weather, tuple[str, ...]] = {
    "rain": table("rain, rainy, raining, rainfall, downpour, drizzle, rain soaked, rainy day, rain soaking, in the rain, wet street, pouring rain, heavy rain, rainy night, rainstorm, monsoon, raindrops"),
    "snow": table("snow, snowy, snowing, snowfall, blizzard, snowstorm, snow covered, falling snow, snowflakes, snow falling, snowy night, wintry, winter, winter scene, winter night, winter day, winter landscape"),
    "fog": table("fog, foggy, mist, misty, haze, hazy, foggy morning, thick fog, low fog"),
    "storm": table("storm, stormy, thunderstorm, thunder, lightning, lightning storm, hurricane, tempest, thunder and lightning, stormy night"),
    "wind": table("wind, windy, breeze, breezy, gust, slight wind, windswept"),
    "cloudy": table("cloudy, overcast, clouds in the sky, grey sky, gray sky, cloudy sky, gloomy sky"),
    "clear": table("clear sky, blue sky, cloudless, clear skies, clear blue sky"),
}  # fmt: skip

STYLES: dict[Style, dict[int, tuple[str, ...]]] = {
    "sticker": {5: table("sticker, die cut, die cut sticker, kawaii style sticker, kawaii sticker, sticker design, sticker style, stickers, decal"), 2: table("white die cut border, white border sticker")},
    "logo": {5: table("logo, minimalist logo, modern minimalist logo, logo design, logotype, brand mark, emblem, line logo, vector logo, app icon, wordmark, monogram, icon design, logomark, minimal logo, company logo")},
    "pixel": {5: table("pixel art, pixelart, 8 bit, 8bit, 16 bit, 16bit, pixelated, retro game, pixel, pixel style, pixel art style, voxel, sprite, game sprite, nes style, gameboy")},
    "watercolour": {5: table("watercolour, watercolor, watercolour painting, watercolor painting, aquarelle, watercolours, watercolors, gouache, ink wash, sumi e, watercolor style, watercolour style, loose watercolor, watercolor illustration, watercolour illustration")},
    "oil": {5: table("oil painting, oil on canvas, oil paint, impasto, impressionist, impressionism, impressionist painting, van gogh, monet, rembrandt, renaissance painting, baroque, expressionist, oil painted, style of van gogh, acrylic painting, acrylic, oil pastel, palette knife, classical painting, post impressionist"), 3: table("painting, painterly, painting of, painted, painting style, brush strokes, brushstrokes")},
    "pencil": {5: table("pencil sketch, pencil drawing, pencil, charcoal, charcoal drawing, graphite, hand drawn sketch, line drawing, ink drawing, pen and ink, crosshatching, cross hatching, etching, engraving, sketch, sketched, sketch of, woodcut, line art, coloring page, colouring page, pen drawing, pencil art, doodle, drawing, drawing of, black ink drawing, chalk drawing, hand drawn")},
    "comic": {6: table("comic book panel, comic panel, comic strip, manga panel, graphic novel panel, comic book, graphic novel, single comic book panel"), 5: table("comic, comics, comic style, comic book style, manga, pop art, cartoon panel, halftone, ink outlines, superhero comic, marvel comic, roy lichtenstein, comic art"), 2: table("speech bubble, cartoon, anime, anime style, cel shaded anime")},
    "noir": {5: table("film noir, noir, noir style, film noir style, noir art style, neo noir, noir film, noir photograph, chiaroscuro, sin city"), 2: table("high contrast black and white, dramatic black and white, hard boiled")},
    "film": {6: table("negative film, film aesthetic, japanese negative film, japanese negative film aesthetic, negative film aesthetic, film photography, analog film, analogue film, film photo, film photograph, film still, 35mm film, kodak portra, polaroid, polaroid photo, analog photo, analog photography, kodachrome, fujifilm, disposable camera, expired film, film look, portra 400, cinestill, super 8, lomography, instant photo, vhs"), 4: table("film grain, grainy, vintage photo, vintage photograph, old photo, old photograph, retro photo, kodak, subtle grain, lifted blacks, shot on film, nostalgic photo, 1970s photo, 1980s photo, 1990s photo, daguerreotype, tintype, sepia photo, sepia"), 2: table("faded colors, faded colours, muted faded colors, muted colours, nostalgic, nostalgic and reflective, vintage, retro")},
    "minimal": {5: table("minimalist composition, minimalist, minimalism, minimalistic, minimalist design, minimal design, minimal composition, minimalist style, minimalist poster, negative space, minimal art, minimalist illustration, minimalist art, simple flat design"), 3: table("minimal, very simple, lots of negative space, clean and simple")},
    "photo": {6: table("product shot, product photo, product photograph, product photography, professional product photo, professional photo, professional photograph, photorealistic, photo realistic, hyperrealistic, hyper realistic, ultra realistic, ultrarealistic, photorealism, studio photo, photo realism, professional photography, wildlife photography, food photography, macro photography, street photography, portrait photography, photojournalism, national geographic"), 5: table("photo, photograph, photography, photo of, photograph of, dslr, bokeh, 85mm, 50mm, 35mm, 85mm lens, 50mm lens, portrait lens, 35mm lens, 24mm lens, depth of field, shallow depth of field, shot on iphone, wide angle lens, telephoto, realistic, lifelike, raw photo, macro shot, macro, blurred background, 85mm portrait lens, canon eos, sony alpha, nikon, long exposure, hasselblad, leica, real life, realism, real photo, snapshot, selfie"), 3: table("cinematic, 8k, 4k, unreal engine, octane render, sharp focus, 3d render, ray tracing, cinematic lighting, movie still, hdr, high resolution, studio lighting, softbox, 3d, cgi, uhd, film scene, blender render, volumetric lighting, render")},
    "illustration": {4: table("illustration, flat illustration, vector illustration, vector art, flat design, vector, children's book illustration, storybook, storybook illustration, digital illustration, isometric, clip art, clipart, cute illustration, flat vector, paper cut, digital art, poster design, book cover, children's book, pixar style, disney style, ghibli, studio ghibli, ghibli style, low poly, cartoon style, kawaii, emoji style")},
}  # fmt: skip
"""Cues with their weight: the style whose cues weigh most together wins, the first named on a tie."""

SHOTS: dict[Shot, tuple[str, ...]] = {
    "close-up": table("close up, closeup, close up portrait, portrait photography, portrait photo, portrait shot, studio portrait, portrait of, portrait, headshot, head shot, macro, macro shot, extreme close up, macro photography, close up shot, close up photo, tight shot, detail shot, close up of, bust, face of"),
    "wide": table("wide shot, wide angle, panorama, panoramic, landscape photo, wide view, establishing shot, full scene, vista, wide angle shot, sweeping, extreme wide shot, from afar, in the distance, from a distance, epic landscape, landscape of, wide landscape"),
    "aerial": table("aerial, aerial view, bird's eye view, birds eye view, bird's eye, from above, top down, drone shot, drone view, overhead, top view, overhead shot, top down view, flat lay, flatlay, aerial shot, aerial photograph, aerial photo, satellite view, isometric view"),
    "medium": table("medium shot, full body, full body shot, full length, waist up"),
}  # fmt: skip
INTERIORS: frozenset[Place] = frozenset(("kitchen", "restaurant", "bar", "workshop", "library"))
"""What stands in front of these stands in the street."""

SPOTS: dict[Spot, tuple[str, ...]] = {
    "top left": table("top left, upper left, top left hand, upper left hand"),
    "top right": table("top right, upper right, top right hand, upper right hand"),
    "bottom left": table("bottom left, lower left, bottom left hand, lower left hand"),
    "bottom right": table("bottom right, lower right, bottom right hand, lower right hand"),
    "centre": table("centre, center, middle"),
    "left": table("left, left hand, far left"),
    "right": table("right, right hand, far right"),
    "top": table("top, upper"),
    "bottom": table("bottom, lower"),
}  # fmt: skip

EMPTY = table("negative space, significant negative space, empty space, lots of empty space, vast empty, vast, plenty of copy space, copy space, minimal elements, lots of space, room for text, space for text, white space, empty canvas, wide open space, uncluttered")  # fmt: skip
SOFT = table("soft light, soft lighting, soft diffused lighting, diffused lighting, soft natural sunlight, soft natural light, diffused light, diffuse light, soft diffused highlights, gentle light, softbox, soft shadows, soft focus, overcast light, natural light, soft glow, low contrast, eliminate harsh shadows, softly lit")  # fmt: skip

SIZES: dict[str, float] = {
    **dict.fromkeys(table("tiny, miniature, mini, minuscule, microscopic, teeny, micro, itty bitty, wee"), 0.4),
    **dict.fromkeys(table("small, little, smaller, short, petite, compact, low"), 0.65),
    **dict.fromkeys(table("large, big, tall, bigger, oversized, larger, grand, fat, chubby, huge looking, long, broad, massive looking"), 1.4),
    **dict.fromkeys(table("giant, huge, enormous, gigantic, colossal, massive, towering, immense, gargantuan, monumental, humongous, titanic, mega"), 2.0),
}  # fmt: skip

NUMBERS: dict[str, int] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30, "fifty": 50,
    "single": 1, "lone": 1, "pair": 2, "pair of": 2, "a pair of": 2, "couple of": 2, "a couple of": 2, "both": 2,
    "twin": 2, "trio of": 3, "a trio of": 3, "few": 3, "a few": 3, "some": 3, "several": 4, "various": 4,
    "half a dozen": 6, "dozen": 12, "a dozen": 12, "dozens of": 24, "two dozen": 24, "many": 8, "lots of": 9, "a lot of": 9,
    "numerous": 8, "multiple": 4, "hundred": 30, "a hundred": 30, "hundreds of": 30, "thousands of": 40, "countless": 30,
    "flock of": 9, "herd of": 7, "swarm of": 15, "school of": 9, "pack of": 5, "group of": 4, "bunch of": 5, "crowd of": 12,
    "row of": 5, "pile of": 7, "stack of": 5, "collection of": 5, "cluster of": 5, "line of": 5, "family of": 4, "handful of": 5,
    "army of": 16, "litter of": 5, "gang of": 5, "team of": 5, "set of": 4, "field of": 14, "colony of": 9, "sea of": 20, "fleet of": 5,
    "pride of": 5, "rows of": 12, "swarms of": 20, "flocks of": 14, "shower of": 9, "heap of": 8, "forest of": 9,
}  # fmt: skip

MOST = 40
"""More of one thing than this are not told apart any more."""

COLOURS: dict[str, Colour] = {
    "red": (214, 40, 40), "blue": (38, 96, 214), "green": (58, 156, 70), "yellow": (250, 205, 46), "orange": (245, 130, 32),
    "purple": (124, 62, 178), "pink": (244, 120, 172), "brown": (121, 78, 48), "black": (28, 28, 30), "white": (250, 250, 248),
    "grey": (138, 142, 148), "gray": (138, 142, 148), "gold": (214, 168, 52), "golden": (226, 178, 60), "silver": (190, 196, 204),
    "off white": (245, 241, 232), "matte black": (34, 34, 36), "jet black": (18, 18, 20), "cream": (248, 238, 214),
    "beige": (226, 206, 176), "ivory": (248, 244, 228), "tan": (206, 170, 124), "khaki": (188, 176, 128), "teal": (20, 140, 140),
    "turquoise": (54, 196, 190), "cyan": (40, 196, 222), "aqua": (80, 210, 214), "navy": (24, 42, 92), "navy blue": (24, 42, 92),
    "indigo": (70, 54, 150), "violet": (138, 80, 200), "lavender": (190, 168, 226), "lilac": (200, 162, 210), "magenta": (214, 40, 140),
    "maroon": (122, 26, 40), "crimson": (186, 24, 50), "scarlet": (224, 40, 30), "burgundy": (118, 22, 48), "rose": (236, 110, 130),
    "coral": (250, 122, 98), "peach": (252, 192, 156), "salmon": (248, 146, 124), "olive": (122, 124, 50), "olive green": (112, 118, 48),
    "lime": (160, 214, 50), "lime green": (140, 208, 50), "mint": (166, 226, 196), "mint green": (150, 220, 186), "emerald": (20, 148, 96),
    "emerald green": (20, 148, 96), "forest green": (34, 96, 52), "dark green": (28, 86, 44), "light green": (146, 210, 120),
    "sky blue": (120, 188, 240), "light blue": (138, 196, 242), "baby blue": (160, 206, 242), "dark blue": (22, 44, 110),
    "royal blue": (46, 82, 208), "bright blue": (30, 120, 250), "pale blue": (176, 208, 234), "pastel pink": (250, 190, 210),
    "hot pink": (250, 60, 150), "light pink": (250, 184, 206), "pastel blue": (176, 208, 242), "dark red": (136, 20, 28),
    "bright red": (236, 30, 30), "rose gold": (214, 150, 136), "bronze": (170, 116, 60), "copper": (186, 108, 64),
    "charcoal": (54, 58, 64), "mustard": (212, 164, 46), "mustard yellow": (220, 172, 46), "amber": (240, 164, 40), "rust": (172, 82, 42),
    "ochre": (198, 138, 52), "sepia": (148, 112, 74), "chestnut": (134, 72, 44), "ginger": (222, 132, 60), "blonde": (232, 198, 116),
    "dark": (52, 50, 58), "pastel": (214, 196, 224), "fuchsia": (226, 48, 150), "chocolate brown": (92, 56, 34), "dark brown": (82, 52, 34),
    "light brown": (170, 126, 86), "dark grey": (74, 76, 82), "dark gray": (74, 76, 82), "light grey": (204, 206, 210),
    "light gray": (204, 206, 210), "pale pink": (248, 206, 214), "neon green": (90, 250, 70), "neon pink": (255, 60, 170),
    "wooden": (168, 116, 68), "terracotta": (196, 104, 70), "snow white": (252, 252, 252), "pure white": (255, 255, 255),
    "pale yellow": (250, 234, 160), "bright yellow": (255, 216, 30), "cobalt": (32, 70, 170), "cobalt blue": (32, 70, 170),
    "glass": (190, 220, 230), "stone": (160, 156, 148), "marble": (232, 230, 226), "metal": (160, 166, 174), "leather": (132, 82, 50),
}  # fmt: skip

MATERIALS = frozenset(
    {
        "dark",
        "pastel",
        "wooden",
        "glass",
        "stone",
        "marble",
        "metal",
        "leather",
        "golden",
        "charcoal",
        "sepia",
    }
)
"""Colours only when they stand right before a thing, and never of a background or a palette."""

RELATIONS: dict[str, Relation] = {
    **dict.fromkeys(table("on, on top of, upon, atop, sitting on, standing on, lying on, over, onto, perched on, resting on, placed on, presented on, sleeping on, balancing on, seated on, sits on, stands on, lies on, across"), "on"),
    **dict.fromkeys(table("under, beneath, below, underneath, sitting under, standing under, stands under, sits under, hanging below"), "under"),
    **dict.fromkeys(table("above, flying over, floating above, hovering over, jumping over, flying above, soaring over, floating over, hovering above, leaping over, high above, jumps over, flies over"), "above"),
    **dict.fromkeys(table("next to, beside, near, by, alongside, besides, close to, at, around, against, between, with, and, together with, accompanied by, along with, surrounded by, plus, &, +, chasing, looking at, watching, facing, meeting, talking to, playing with, hugging, pulling, pushing, chases"), "beside"),
    **dict.fromkeys(table("left of, to the left of, on the left of, on the left side of"), "left of"),
    **dict.fromkeys(table("right of, to the right of, on the right of, on the right side of"), "right of"),
    **dict.fromkeys(table("behind, hiding behind, standing behind, in back of, peeking out from behind"), "behind"),
    **dict.fromkeys(table("in front of, before, standing in front of, sitting in front of, ahead of, outside"), "in front of"),
    **dict.fromkeys(table("in, inside, within, into, sitting in, sleeping in, out of, inside of, swimming in, peeking out of, coming out of, filled with"), "inside"),
    **dict.fromkeys(table("wearing, dressed in, wears, clad in, wearing only, dressed as, sporting, in a pair of, wearing a pair of, adorned with"), "wearing"),
    **dict.fromkeys(table("holding, holds, carrying, carries, holding up, playing, plays, reading, reads, inspecting, carefully inspecting, offering, with a handful of, painting with, clutching, drinking, drinks, sipping, drinking from, lifting, gripping, wielding, waving, examining, writing in, holding onto, pours, pouring, taking a photo with, typing on, playing the, juggling"), "holding"),
    **dict.fromkeys(table("eating, eats, munching, munching on, chewing, chewing on, nibbling, nibbling on, biting, biting into, eating from, licking, feasting on, snacking on, enjoying, tasting, gnawing on"), "eating"),
    **dict.fromkeys(table("riding, rides, riding on, driving, drives, mounted on, piloting, rowing, cycling on, flying in, flying on, sailing on, riding in, steering"), "riding"),
}  # fmt: skip
