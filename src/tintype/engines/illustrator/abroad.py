"""The commonest words of prompts in German, French, Spanish, Italian, Russian, Japanese and Chinese, by what they are in English."""

from __future__ import annotations

_WORDS = """
dog: hund, hunde, chien, chiens, perro, perros, 犬, いぬ, イヌ, 狗, 小狗, собака, собаку, собаки, пёс, щенок
cat: katze, katzen, kätzchen, un chat, le chat, deux chats, chats, chaton, gato, gatos, gatito, gatto, 猫, ねこ, ネコ, 小猫, 貓, кот, кота, кошка, кошку, коты, кошки, котёнок, котенок
horse: pferd, pferde, cheval, chevaux, caballo, caballos, cavallo, 馬, 马, лошадь, конь
bird: vogel, vögel, oiseau, oiseaux, pájaro, pájaros, uccello, 鳥, 鸟, 小鳥, птица, птицу, птицы
fish: fisch, fische, poisson, poissons, pez, peces, pesce, 魚, 鱼, рыба, рыбы
bear: bär, bären, un ours, l'ours, oso, osos, orso, 熊, медведь
panda: 熊猫, パンダ, 大熊猫
rabbit: kaninchen, hase, hasen, lapin, lapins, conejo, conejos, coniglio, 兎, うさぎ, ウサギ, 兔子, кролик, заяц
fox: fuchs, füchse, renard, renards, zorro, zorros, volpe, 狐, キツネ, 狐狸, лиса, лисица, лису
wolf: loup, loups, lobo, lobos, lupo, 狼, オオカミ, волк
lion: löwe, löwen, león, leones, leone, ライオン, 狮子
tiger: tigre, tigres, 虎, トラ, 老虎, тигр
elephant: elefant, elefanten, éléphant, elefante, elefantes, 象, ゾウ, 大象, слон
mouse: maus, mäuse, souris, ratón, ratones, topo, ネズミ, 老鼠
cow: kuh, kühe, vache, vaches, vaca, vacas, mucca, 牛, 奶牛
pig: schwein, schweine, cochon, cerdo, cerdos, maiale, 豚, ブタ, 猪
sheep: schaf, schafe, mouton, moutons, oveja, ovejas, pecora, 羊
duck: ente, enten, canard, canards, pato, patos, anatra, アヒル, 鴨, 鸭子
owl: eule, eulen, hibou, chouette, búho, gufo, フクロウ, 猫头鹰
frog: frosch, frösche, grenouille, rana, ranas, カエル, 青蛙
butterfly: schmetterling, schmetterlinge, papillon, papillons, mariposa, mariposas, farfalla, 蝶, 蝴蝶
bee: biene, bienen, abeille, abeilles, abeja, abejas, ape, 蜂, 蜜蜂
whale: wal, wale, baleine, ballena, balena, クジラ, 鯨, 鲸鱼
dragon: drache, drachen, dragón, drago, 竜, 龍, ドラゴン, 龙, дракон, дракона
man: mann, homme, hombre, uomo, 男, 男人, 男性, мужчина
woman: frau, frauen, femme, femmes, mujer, mujeres, 女, 女人, 女性, женщина
girl: mädchen, fille, fillette, niña, ragazza, 女の子, 少女, 女孩, девушка, девочка
boy: junge, jungen, garçon, niño, ragazzo, 男の子, 少年, 男孩, мальчик
child: ein kind, das kind, enfant, 子供, 孩子
robot: roboter, ロボット, 机器人, робот
tree: baum, bäume, arbre, arbres, árbol, árboles, albero, 木, 树, 樹, дерево, деревья
flower: blume, blumen, fleur, fleurs, flor, flores, fiore, fiori, 花, цветок, цветы
rose: rosen, rosa roja, バラ, 玫瑰, роза, розы, роз
cherry blossom: 桜, さくら, 樱花, kirschblüten, fleurs de cerisier
sunflower: sonnenblume, sonnenblumen, tournesol, tournesols, girasol, girasoles, ひまわり, 向日葵
apple: apfel, äpfel, pomme, pommes, manzana, manzanas, mela, リンゴ, りんご, 苹果, яблоко, яблоки
bread: brot, baguettes, du pain, le pain, パン, 面包
cake: kuchen, torte, gâteau, pastel, tarta, torta, ケーキ, 蛋糕, торт
coffee: kaffee, café con leche, caffè, コーヒー, 咖啡
ramen: ラーメン, 拉面
sushi: 寿司, すし
house: haus, häuser, maison, maisons, casa, casas, 家, 房子, дом, домик
castle: schloss, burg, château, castillo, castello, 城堡, お城, замок
church: kirche, église, iglesia, chiesa, 教会, 教堂
bridge: brücke, pont, puente, ponte, 橋, 桥
lighthouse: leuchtturm, phare, faro, 灯台, 灯塔
car: auto, autos, wagen, voiture, voitures, coche, coches, macchina, 車, 汽车, 车, машина, автомобиль
bicycle: fahrrad, vélo, bicicleta, bicicletta, 自転車, 自行车
train: zug, züge, tren, treno, 電車, 火车, поезд
airplane: flugzeug, avion, avión, aereo, 飛行機, 飞机
sailboat: segelboot, boot, bateau, voilier, barco, barca, velero, 船, ヨット, лодка, парусник
rocket: rakete, fusée, cohete, razzo, ロケット, 火箭, ракета
book: buch, bücher, livre, livres, libro, libros, 本, 书, книга, книги
table: tisch, tisch aus holz, una mesa, la mesa, tavolo, テーブル, 桌子, стол, столе
chair: stuhl, stühle, chaise, silla, sedia, 椅子, стул, стуле
umbrella: regenschirm, parapluie, paraguas, ombrello, 傘, 雨伞
hat: hut, chapeau, sombrero, cappello, 帽子, шляпа, шляпе
guitar: gitarre, guitare, guitarra, chitarra, ギター, 吉他
balloon: luftballon, ballon, globo, globos, palloncino, 風船, 气球, воздушный шар
moon: mond, lune, luna, 月, 月亮, луна
sun: sonne, soleil, sol, 太陽, 太阳, солнце
rainbow: regenbogen, arc-en-ciel, arc en ciel, arcoíris, arcobaleno, 虹, 彩虹
heart: herz, cœur, corazón, cuore, ハート, 心形
snowman: schneemann, bonhomme de neige, muñeco de nieve, 雪だるま, 雪人, снеговик
forest: wald, im wald, forêt, bosque, foresta, 森, 森林, лес, лесу, в лесу
mountains: berge, gebirge, montagne, montagnes, montañas, montaña, montagna, 山, 山脉, горы, горах
sea: meer, la mer, océan, el mar, mare, 海, 大海, 湖, море, моря
beach: am strand, sandstrand, plage, playa, spiaggia, 海辺, ビーチ, 海滩, пляж, пляже
desert: wüste, désert, desierto, deserto, 砂漠, 沙漠
city: stadt, ville, ciudad, città, 都市, 城市, город, городе
street: straße, strasse, la rue, calle, strada, 街道, 道, улица, улице
garden: garten, jardin, jardín, giardino, 庭, 花园
sky: himmel, le ciel, cielo, 空, 天空
space: weltraum, weltall, l'espace, espacio exterior, spazio, 宇宙, 太空, космос, космосе
village: dorf, pueblo, villaggio, 村, 村庄
night: nacht, bei nacht, nuit, noche, notte, 夜, 夜晚, 晚上, ночь, ночью
sunset: sonnenuntergang, coucher de soleil, atardecer, puesta de sol, tramonto, 夕日, 夕焼け, 日落, закат, закате
rain: regen, pluie, lluvia, pioggia, 雨, дождь, дождём, под дождём
snow: schnee, im schnee, neige, nieve, neve, 雪, снег, снегу
watercolor: aquarell, acuarela, acquerello, 水彩, 水彩画
photo: foto, fotografie, photographie, fotografía, 写真, 照片
red: rot, rote, roter, rotes, roten, rouge, rojo, roja, rosso, rossa, 赤い, 赤, 红色, 红, красный, красная, красное, красную, красном
blue: blau, blaue, blauer, blaues, blauen, bleu, bleue, azul, blu, 青い, 蓝色, 蓝, синий, синяя, синее, голубой
green: grün, grüne, grüner, grünes, vert, verte, verde, 緑, 绿色, зелёный, зеленый, зелёная
yellow: gelb, gelbe, gelber, gelbes, jaune, amarillo, amarilla, giallo, gialla, 黄色い, 黄色, жёлтый, желтый, жёлтая
white: weiß, weiss, weiße, weißer, weißes, blanc, blanche, blanco, blanca, bianco, bianca, 白い, 白色, 白, белый, белая, белое
black: schwarz, schwarze, schwarzer, schwarzes, noir, noire, negro, negra, nero, nera, 黒い, 黒, 黑色, 黑, чёрный, черный, чёрная, черная
two: zwei, deux, 二匹, 两只, 两个, 二, два, две
three: drei, trois, tres, tre, 三匹, 三只, 三个, 三, три
on: auf, auf dem, auf einem, auf einer, sur, sobre, на
under: unter, sous, bajo, debajo de, под
with: mit, avec, con, с
and: und, et, y, и
in: im, dans, dentro de, в
"""

ABROAD: dict[str, str] = {
    word.strip(): english
    for english, _, words in (line.partition(":") for line in _WORDS.strip().splitlines())
    for word in words.split(",")
}
"""A foreign word -> the English one that means the same."""
