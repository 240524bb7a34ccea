"""The commonest words of prompts in German, French, Spanish, Italian, Japanese and Chinese, by what they are in English."""

from __future__ import annotations

_WORDS = """
dog: hund, hunde, chien, chiens, perro, perros, 犬, いぬ, イヌ, 狗, 小狗
cat: katze, katzen, kätzchen, un chat, le chat, deux chats, chats, chaton, gato, gatos, gatito, gatto, 猫, ねこ, ネコ, 小猫, 貓
horse: pferd, pferde, cheval, chevaux, caballo, caballos, cavallo, 馬, 马
bird: vogel, vögel, oiseau, oiseaux, pájaro, pájaros, uccello, 鳥, 鸟, 小鳥
fish: fisch, fische, poisson, poissons, pez, peces, pesce, 魚, 鱼
bear: bär, bären, un ours, l'ours, oso, osos, orso, 熊
panda: 熊猫, パンダ, 大熊猫
rabbit: kaninchen, hase, hasen, lapin, lapins, conejo, conejos, coniglio, 兎, うさぎ, ウサギ, 兔子
fox: fuchs, füchse, renard, renards, zorro, zorros, volpe, 狐, キツネ, 狐狸
wolf: loup, loups, lobo, lobos, lupo, 狼, オオカミ
lion: löwe, löwen, león, leones, leone, ライオン, 狮子
tiger: tigre, tigres, 虎, トラ, 老虎
elephant: elefant, elefanten, éléphant, elefante, elefantes, 象, ゾウ, 大象
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
dragon: drache, drachen, dragón, drago, 竜, 龍, ドラゴン, 龙
man: mann, homme, hombre, uomo, 男, 男人, 男性
woman: frau, frauen, femme, femmes, mujer, mujeres, 女, 女人, 女性
girl: mädchen, fille, fillette, niña, ragazza, 女の子, 少女, 女孩
boy: junge, jungen, garçon, niño, ragazzo, 男の子, 少年, 男孩
child: ein kind, das kind, enfant, 子供, 孩子
robot: roboter, ロボット, 机器人
tree: baum, bäume, arbre, arbres, árbol, árboles, albero, 木, 树, 樹
flower: blume, blumen, fleur, fleurs, flor, flores, fiore, fiori, 花
rose: rosen, rosa roja, バラ, 玫瑰
cherry blossom: 桜, さくら, 樱花, kirschblüten, fleurs de cerisier
sunflower: sonnenblume, sonnenblumen, tournesol, tournesols, girasol, girasoles, ひまわり, 向日葵
apple: apfel, äpfel, pomme, pommes, manzana, manzanas, mela, リンゴ, りんご, 苹果
bread: brot, baguettes, du pain, le pain, パン, 面包
cake: kuchen, torte, gâteau, pastel, tarta, torta, ケーキ, 蛋糕
coffee: kaffee, café con leche, caffè, コーヒー, 咖啡
ramen: ラーメン, 拉面
sushi: 寿司, すし
house: haus, häuser, maison, maisons, casa, casas, 家, 房子
castle: schloss, burg, château, castillo, castello, 城堡, お城
church: kirche, église, iglesia, chiesa, 教会, 教堂
bridge: brücke, pont, puente, ponte, 橋, 桥
lighthouse: leuchtturm, phare, faro, 灯台, 灯塔
car: auto, autos, wagen, voiture, voitures, coche, coches, macchina, 車, 汽车, 车
bicycle: fahrrad, vélo, bicicleta, bicicletta, 自転車, 自行车
train: zug, züge, tren, treno, 電車, 火车
airplane: flugzeug, avion, avión, aereo, 飛行機, 飞机
sailboat: segelboot, boot, bateau, voilier, barco, barca, velero, 船, ヨット
rocket: rakete, fusée, cohete, razzo, ロケット, 火箭
book: buch, bücher, livre, livres, libro, libros, 本, 书
table: tisch, tisch aus holz, una mesa, la mesa, tavolo, テーブル, 桌子
chair: stuhl, stühle, chaise, silla, sedia, 椅子
umbrella: regenschirm, parapluie, paraguas, ombrello, 傘, 雨伞
hat: hut, chapeau, sombrero, cappello, 帽子
guitar: gitarre, guitare, guitarra, chitarra, ギター, 吉他
balloon: luftballon, ballon, globo, globos, palloncino, 風船, 气球
moon: mond, lune, luna, 月, 月亮
sun: sonne, soleil, sol, 太陽, 太阳
rainbow: regenbogen, arc-en-ciel, arc en ciel, arcoíris, arcobaleno, 虹, 彩虹
heart: herz, cœur, corazón, cuore, ハート, 心形
snowman: schneemann, bonhomme de neige, muñeco de nieve, 雪だるま, 雪人
forest: wald, im wald, forêt, bosque, foresta, 森, 森林
mountains: berge, gebirge, montagne, montagnes, montañas, montaña, montagna, 山, 山脉
sea: meer, la mer, océan, el mar, mare, 海, 大海, 湖
beach: am strand, sandstrand, plage, playa, spiaggia, 海辺, ビーチ, 海滩
desert: wüste, désert, desierto, deserto, 砂漠, 沙漠
city: stadt, ville, ciudad, città, 都市, 城市
street: straße, strasse, la rue, calle, strada, 街道, 道
garden: garten, jardin, jardín, giardino, 庭, 花园
sky: himmel, le ciel, cielo, 空, 天空
space: weltraum, weltall, l'espace, espacio exterior, spazio, 宇宙, 太空
village: dorf, pueblo, villaggio, 村, 村庄
night: nacht, bei nacht, nuit, noche, notte, 夜, 夜晚, 晚上
sunset: sonnenuntergang, coucher de soleil, atardecer, puesta de sol, tramonto, 夕日, 夕焼け, 日落
rain: regen, pluie, lluvia, pioggia, 雨
snow: schnee, im schnee, neige, nieve, neve, 雪
watercolor: aquarell, acuarela, acquerello, 水彩, 水彩画
photo: foto, fotografie, photographie, fotografía, 写真, 照片
red: rot, rote, roter, rotes, roten, rouge, rojo, roja, rosso, rossa, 赤い, 赤, 红色, 红
blue: blau, blaue, blauer, blaues, blauen, bleu, bleue, azul, blu, 青い, 蓝色, 蓝
green: grün, grüne, grüner, grünes, vert, verte, verde, 緑, 绿色
yellow: gelb, gelbe, gelber, gelbes, jaune, amarillo, amarilla, giallo, gialla, 黄色い, 黄色
white: weiß, weiss, weiße, weißer, weißes, blanc, blanche, blanco, blanca, bianco, bianca, 白い, 白色, 白
black: schwarz, schwarze, schwarzer, schwarzes, noir, noire, negro, negra, nero, nera, 黒い, 黒, 黑色, 黑
two: zwei, deux, 二匹, 两只, 两个, 二
three: drei, trois, tres, tre, 三匹, 三只, 三个, 三
on: auf, auf dem, auf einem, auf einer, sur, sobre
under: unter, sous, bajo, debajo de
with: mit, avec, con
and: und, et, y
in: im, dans, dentro de
"""

ABROAD: dict[str, str] = {
    word.strip(): english
    for english, _, words in (line.partition(":") for line in _WORDS.strip().splitlines())
    for word in words.split(",")
}
"""A foreign word -> the English one that means the same."""
